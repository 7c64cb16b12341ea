/* SPDX-License-Identifier: ISC */
#include "oauth/device_code.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <bsd/stdlib.h>

#include "config/secret.h"
#include "oauth/secret_json.h"

#define CODE_MAX 8192
#define USER_CODE_MAX 64
#define URI_MAX 2048
#define DEFAULT_LIFE 900
#define DEFAULT_INTERVAL 5 /* section 3.2 */
#define INTERVAL_MAX 300
#define SLOW_DOWN 5

static const char *
member(const json_t *answer, const char *name)
{
	return json_string_value(json_object_get(answer, name));
}

/* Whether a person, or a terminal, can be shown it. */
static bool
is_text(const char *text, unsigned char lowest, size_t maximum)
{
	if (text == NULL || *text == '\0' || strlen(text) > maximum)
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < lowest || *p > 0x7e)
			return false;
	return true;
}

static bool
is_address(const char *text)
{
	return is_text(text, 0x21, URI_MAX) &&
	       (strncasecmp(text, "https://", 8) == 0 || strncasecmp(text, "http://", 7) == 0);
}

/* A number, or a numeric string, as some servers write it. */
static unsigned
seconds(const json_t *answer, const char *name, unsigned otherwise, unsigned maximum)
{
	const json_t *value = json_object_get(answer, name);
	double number = json_number_value(value);

	if (json_is_string(value)) {
		const char *error;

		number = (double)strtonum(json_string_value(value), 1, maximum, &error);
	}
	if (!(number >= 1))
		return otherwise;
	return number < maximum ? (unsigned)number : maximum;
}

static int
copy(char **to, const char *from)
{
	*to = from == NULL ? NULL : strdup(from);
	return from != NULL && *to == NULL ? -1 : 0;
}

/* False where it is no such answer, or without memory. */
static bool
take(struct device_code *device, const json_t *answer)
{
	const char *code = member(answer, "device_code");
	const char *user_code = member(answer, "user_code");
	const char *uri = member(answer, "verification_uri");
	const char *complete_uri = member(answer, "verification_uri_complete");

	if (uri == NULL)
		uri = member(answer, "verification_url"); /* as Google had it before the RFC */
	if (!is_text(code, 0x20, CODE_MAX) || !is_text(user_code, 0x20, USER_CODE_MAX) ||
	    !is_address(uri))
		return false;
	if (!is_address(complete_uri))
		complete_uri = NULL;
	device->life = seconds(answer, "expires_in", DEFAULT_LIFE, DEVICE_CODE_LIFE_MAX);
	device->interval = seconds(answer, "interval", DEFAULT_INTERVAL, INTERVAL_MAX);
	return copy(&device->code, code) == 0 && copy(&device->user_code, user_code) == 0 &&
	       copy(&device->uri, uri) == 0 && copy(&device->complete_uri, complete_uri) == 0;
}

void
device_code_parse(struct device_code *device, struct token_response *response, unsigned status,
    const char *body, size_t length)
{
	json_t *answer;

	*device = (struct device_code){0};
	token_response_parse(response, status, body, length);
	if (status < 200 || status >= 300 || response->error[0] != '\0')
		return;
	token_response_wipe(response);
	*response = (struct token_response){.verdict = TOKEN_RESPONSE_GRANTED};
	answer = secret_json_load(body, length);
	if (!take(device, answer)) {
		device_code_wipe(device);
		response->verdict = TOKEN_RESPONSE_CONFIGURATION;
		response->fault = "the answer has no device_code, user_code and verification_uri";
	}
	json_decref(answer);
}

static void
slow_down(struct device_code *device, unsigned by)
{
	device->interval += by;
	if (device->interval > INTERVAL_MAX)
		device->interval = INTERVAL_MAX;
}

enum device_state
device_code_judge(struct device_code *device, enum token_verdict verdict, const char *error)
{
	/* Those of section 3.5, and Microsoft's. */
	static const struct {
		const char *error;
		enum device_state state;
	} known[] = {
	    {"authorization_pending", DEVICE_PENDING},
	    {"access_denied", DEVICE_DENIED},
	    {"authorization_declined", DEVICE_DENIED},
	    {"expired_token", DEVICE_EXPIRED},
	    {"bad_verification_code", DEVICE_FAILED},
	};

	if (verdict == TOKEN_RESPONSE_GRANTED)
		return DEVICE_GRANTED;
	if (strcmp(error, "slow_down") == 0) {
		slow_down(device, SLOW_DOWN);
		return DEVICE_PENDING;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].error, error) == 0)
			return known[i].state;
	if (verdict != TOKEN_RESPONSE_TRY_LATER)
		return DEVICE_FAILED;
	slow_down(device, device->interval);
	return DEVICE_PENDING;
}

void
device_code_wipe(struct device_code *device)
{
	secret_free(device->code);
	secret_free(device->user_code);
	free(device->uri);
	secret_free(device->complete_uri);
	*device = (struct device_code){0};
}
