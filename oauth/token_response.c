/* SPDX-License-Identifier: ISC */
#include "oauth/token_response.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <strings.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/credential.h"
#include "config/secret.h"
#include "oauth/secret_json.h"

static const struct {
	const char *error;
	enum token_verdict verdict;
} known_errors[] = {
    {"invalid_grant", TOKEN_RESPONSE_GRANT_AGAIN},
    {"interaction_required", TOKEN_RESPONSE_GRANT_AGAIN},
    {"consent_required", TOKEN_RESPONSE_GRANT_AGAIN},
    {"login_required", TOKEN_RESPONSE_GRANT_AGAIN},
    {"temporarily_unavailable", TOKEN_RESPONSE_TRY_LATER},
    {"server_error", TOKEN_RESPONSE_TRY_LATER}, {"slow_down", TOKEN_RESPONSE_TRY_LATER},
    /* invalid_client, unauthorized_client, invalid_scope and whatever else: configuration. */
};

static bool
is_transient_status(unsigned status)
{
	return status == 408 || status == 429 || status >= 500 || status < 400;
}

/* Octets for which no relay and no server has a use; among them those that end SASL fields. */
static bool
is_token(const char *text, unsigned char lowest, size_t maximum)
{
	size_t length = strlen(text);

	if (length == 0 || length > maximum)
		return false;
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < lowest || *p > 0x7e)
			return false;
	return true;
}

bool
token_response_is_access_token(const char *text)
{
	return is_token(text, 0x21, CREDENTIAL_SECRET_MAX);
}

static const char *
member_string(const json_t *answer, const char *name)
{
	return json_string_value(json_object_get(answer, name));
}

static void
read_life(struct token_response *response, const json_t *answer)
{
	const json_t *member = json_object_get(answer, "expires_in");
	double life = json_number_value(member);

	if (json_is_string(member)) {
		const char *error;

		life =
		    (double)strtonum(json_string_value(member), 1, TOKEN_RESPONSE_LIFE_MAX, &error);
	}
	/* Zero and less say nothing useful; so does what is not a number. */
	if (!(life >= 1))
		return;
	response->has_life = true;
	response->life = life < TOKEN_RESPONSE_LIFE_MAX ? (uint32_t)life : TOKEN_RESPONSE_LIFE_MAX;
}

static void
unusable(struct token_response *response, enum token_verdict verdict, const char *fault)
{
	token_response_wipe(response);
	response->verdict = verdict;
	response->fault = fault;
}

/* An answer that grants; every way out sets a verdict. */
static void
read_grant(struct token_response *response, const json_t *answer)
{
	const char *type = member_string(answer, "token_type");
	const char *access_token = member_string(answer, "access_token");
	const char *refresh_token = member_string(answer, "refresh_token");
	const char *scope = member_string(answer, "scope");

	/* It is required, but some leave it out; a token of another type is of no use to SMTP. */
	if (type != NULL && strcasecmp(type, "bearer") != 0) {
		unusable(response, TOKEN_RESPONSE_CONFIGURATION,
		    strcasecmp(type, "dpop") == 0
			? "the server gives DPoP-bound tokens, which SMTP cannot use"
			: "the server gives a token that is not a bearer token");
		return;
	}
	if (!token_response_is_access_token(access_token)) {
		unusable(response, TOKEN_RESPONSE_TRY_LATER,
		    "the access token is empty, too long or not printable");
		return;
	}
	if (refresh_token != NULL && !is_token(refresh_token, 0x20, SECRET_MAX))
		refresh_token = NULL;
	response->access_token = strdup(access_token);
	if (refresh_token != NULL)
		response->refresh_token = strdup(refresh_token);
	if (scope != NULL && is_token(scope, 0x20, 8192))
		response->scope = strdup(scope);
	if (response->access_token == NULL ||
	    (refresh_token != NULL && response->refresh_token == NULL)) {
		unusable(response, TOKEN_RESPONSE_TRY_LATER, "no memory for the token");
		return;
	}
	identity_find(response->identity, member_string(answer, "id_token"), access_token);
	read_life(response, answer);
	response->verdict = TOKEN_RESPONSE_GRANTED;
}

static enum token_verdict
verdict_of(const char *error, unsigned status)
{
	/* A gateway in front of the server may dress its own trouble in the server's clothes. */
	if (status >= 400 && is_transient_status(status))
		return TOKEN_RESPONSE_TRY_LATER;
	for (size_t i = 0; i < sizeof(known_errors) / sizeof(known_errors[0]); i++)
		if (strcmp(error, known_errors[i].error) == 0)
			return known_errors[i].verdict;
	return TOKEN_RESPONSE_CONFIGURATION;
}

/* Returns false where the answer has no `error` member. */
static bool
read_error(struct token_response *response, unsigned status, const json_t *answer)
{
	const json_t *member = json_object_get(answer, "error");
	const char *error = json_string_value(member);
	const char *description = member_string(answer, "error_description");

	/* Google's other interfaces answer {"error": {"status": ..., "message": ...}}. */
	if (json_is_object(member)) {
		error = member_string(member, "status");
		description = member_string(member, "message");
	}
	if (error == NULL || *error == '\0')
		return false;
	strlcpy(response->error, error, sizeof(response->error));
	for (char *p = response->error; *p != '\0'; p++)
		if (*p <= 0x20 || *p > 0x7e)
			*p = '?';
	strlcpy(response->description, description == NULL ? "" : description,
	    sizeof(response->description));
	response->verdict = verdict_of(response->error, status);
	return true;
}

static void
judge(struct token_response *response, unsigned status, const json_t *answer)
{
	bool success = status >= 200 && status < 300;

	if (success && member_string(answer, "access_token") != NULL)
		read_grant(response, answer);
	else if (read_error(response, status, answer))
		return;
	else if (status >= 300 && status < 400)
		unusable(response, TOKEN_RESPONSE_TRY_LATER,
		    "the server redirects, which is not followed with a secret");
	else if (is_transient_status(status))
		unusable(response, TOKEN_RESPONSE_TRY_LATER,
		    success && answer == NULL ? "the answer is not JSON"
		    : success                 ? "the answer has no access token"
					      : "the server has trouble");
	else
		unusable(
		    response, TOKEN_RESPONSE_CONFIGURATION, "the server refuses without a reason");
}

void
token_response_parse(
    struct token_response *response, unsigned status, const char *body, size_t length)
{
	json_t *answer;

	*response = (struct token_response){0};
	answer = secret_json_load(body, length);
	judge(response, status, answer);
	json_decref(answer);
}

void
token_response_wipe(struct token_response *response)
{
	secret_free(response->access_token);
	secret_free(response->refresh_token);
	free(response->scope);
	response->access_token = response->refresh_token = response->scope = NULL;
}

static bool
concerns_access(const char *scope)
{
	static const char *const others[] = {
	    "openid", "offline_access", "profile", "email", "address", "phone"};
	size_t length = strlen(scope);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(scope, others[i]) == 0)
			return false;
	return length < 9 || strcmp(scope + length - 9, "/.default") != 0;
}

static bool
contains(const char *list, const char *scope)
{
	size_t length = strlen(scope);

	for (const char *p = list; *p != '\0'; p += strspn(p, " ")) {
		size_t word = strcspn(p, " ");

		if (word == length && strncasecmp(p, scope, length) == 0)
			return true;
		p += word;
	}
	return false;
}

const char *
token_response_missing_scope(const char *granted, char *const *asked, size_t count)
{
	if (granted == NULL || *granted == '\0')
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (concerns_access(asked[i]) && !contains(granted, asked[i]))
			return asked[i];
	return NULL;
}

int
token_response_status(enum token_verdict verdict)
{
	switch (verdict) {
	case TOKEN_RESPONSE_GRANTED:
		return EX_OK;
	case TOKEN_RESPONSE_TRY_LATER:
		return EX_TEMPFAIL;
	case TOKEN_RESPONSE_GRANT_AGAIN:
		return EX_NOPERM;
	case TOKEN_RESPONSE_CONFIGURATION:
		break;
	}
	return EX_CONFIG;
}
