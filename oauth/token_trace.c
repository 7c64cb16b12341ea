/* SPDX-License-Identifier: ISC */
#include "oauth/token_trace.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bsd/string.h>
#include <curl/curl.h>

#include "oauth/scrub.h"
#include "oauth/seal.h"
#include "oauth/secret_json.h"
#include "oauth/token_claims.h"

#define FINGERPRINT 8 /* hexadecimal digits */
#define VALUE_MAX 1024

/* Members of a request or an answer that are no secret, whoever asks whom. */
static const char *const open_members[] = {"client_assertion_type", "client_id", "correlation_id",
    "error", "error_codes", "error_description", "error_subcode", "error_uri", "expires_in",
    "ext_expires_in", "expires_on", "grant_type", "not_before", "resource", "scope", "suberror",
    "timestamp", "token_type", "trace_id"};

static bool
is_open(const char *name)
{
	for (size_t i = 0; i < sizeof(open_members) / sizeof(open_members[0]); i++)
		if (strcmp(open_members[i], name) == 0)
			return true;
	return false;
}

static bool
is_parameter(const struct token_ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->parameters->count; i++)
		if (strcmp(ask->parameters->items[i].name, name) == 0)
			return true;
	return false;
}

static void
write_redacted(FILE *out, const char *name, const char *separator, size_t length)
{
	fprintf(out, "  %s%s[redacted, %zu characters]\n", name, separator, length);
}

/* The text that `length` characters of a form stand for, fit to be shown. */
static void
decode(const char *text, size_t length, char shown[VALUE_MAX])
{
	char *encoded = strndup(text, length);
	char *plain;

	for (char *p = encoded; p != NULL && *p != '\0'; p++)
		if (*p == '+')
			*p = ' ';
	plain = encoded == NULL ? NULL : curl_easy_unescape(NULL, encoded, 0, NULL);
	scrub(shown, VALUE_MAX, plain == NULL ? "" : plain, NULL, 0);
	curl_free(plain);
	free(encoded);
}

/* One "name=value" of a form, both encoded. */
static void
write_field(
    struct token_trace *trace, const struct token_ask *ask, const char *field, size_t length)
{
	size_t name_length = strcspn(field, "=");
	char name[VALUE_MAX];
	char value[VALUE_MAX];

	if (name_length >= length)
		return;
	decode(field, name_length, name);
	if (!is_open(name) && !is_parameter(ask, name)) {
		write_redacted(trace->out, name, "=", length - name_length - 1);
		return;
	}
	decode(field + name_length + 1, length - name_length - 1, value);
	fprintf(trace->out, "  %s=%s\n", name, value);
	if (strcmp(name, "scope") == 0)
		strlcpy(trace->asked, value, sizeof(trace->asked));
}

void
token_trace_request(struct token_trace *trace, const struct token_ask *ask, const char *endpoint,
    const struct form *form, const char *authorization)
{
	const char *field = form->text == NULL ? "" : form->text;

	fprintf(trace->out, "Request\n  POST %s\n", endpoint);
	fprintf(trace->out, "  Content-Type: application/x-www-form-urlencoded\n");
	if (authorization != NULL) {
		size_t scheme = strcspn(authorization, " ");

		fprintf(trace->out, "  Authorization: %.*s [redacted, %zu characters]\n",
		    (int)scheme, authorization, strlen(authorization + scheme));
	}
	while (*field != '\0') {
		size_t length = strcspn(field, "&");

		write_field(trace, ask, field, length);
		field += length + (field[length] == '&');
	}
}

/* A member of the answer that is a token, or may be one. */
static void
write_token(FILE *out, const char *name, const char *value)
{
	char digest[SEAL_DIGEST_SIZE];

	if (seal_digest(value, digest, NULL) < 0)
		write_redacted(out, name, ": ", strlen(value));
	else
		fprintf(out, "  %s: [redacted, %zu characters, fingerprint %.*s]\n", name,
		    strlen(value), FINGERPRINT, digest);
}

static void
write_member(
    FILE *out, const char *name, const json_t *value, const char *const *secrets, size_t count)
{
	char shown_name[64];
	char shown[VALUE_MAX];
	char *text;

	scrub(shown_name, sizeof(shown_name), name, secrets, count);
	if (!is_open(name) && json_is_string(value)) {
		write_token(out, shown_name, json_string_value(value));
		return;
	}
	if (!is_open(name) && !json_is_number(value) && !json_is_boolean(value)) {
		fprintf(out, "  %s: [redacted]\n", shown_name);
		return;
	}
	text = json_is_string(value) ? strdup(json_string_value(value))
				     : json_dumps(value, JSON_ENCODE_ANY);
	if (text == NULL)
		return;
	scrub(shown, sizeof(shown), text, secrets, count);
	fprintf(out, "  %s: %s\n", shown_name, shown);
	explicit_bzero(text, strlen(text));
	free(text);
}

void
token_trace_response(struct token_trace *trace, const struct http_response *http,
    const char *const *secrets, size_t count)
{
	const char *name;
	json_t *answer;
	json_t *value;

	fprintf(trace->out, "Response\n");
	if (http->result != HTTP_ANSWERED) {
		fprintf(trace->out, "  none: %s\n", http->error);
		return;
	}
	fprintf(trace->out, "  HTTP status %u\n", http->status);
	if (http->retry_after > 0)
		fprintf(trace->out, "  Retry-After: %u s\n", http->retry_after);
	answer = secret_json_load(http->body, http->length);
	if (!json_is_object(answer))
		fprintf(trace->out, "  %zu octets that are no JSON object\n", http->length);
	else
		json_object_foreach(answer, name, value)
		    write_member(trace->out, name, value, secrets, count);
	json_decref(answer);
}

static void
write_claim(FILE *out, const char *name, const char *value)
{
	char shown[VALUE_MAX];

	if (*value == '\0')
		return;
	scrub(shown, sizeof(shown), value, NULL, 0);
	fprintf(out, "  %s: %s\n", name, shown);
}

/* What a JWT says of itself. */
static void
write_claims(FILE *out, const char *token)
{
	struct token_claims claims;
	char when[64] = "";
	struct tm tm;
	time_t expires;

	if (!token_claims_read(token, &claims)) {
		fprintf(out, "  what the token says of itself cannot be read: it is no JWT\n");
		return;
	}
	write_claim(out, "aud", claims.audience);
	write_claim(out, "scp", claims.scopes);
	write_claim(out, "roles", claims.roles);
	write_claim(out, "appid", claims.application);
	write_claim(out, "tid", claims.tenant);
	write_claim(out, "upn", claims.user);
	write_claim(out, "oid", claims.object);
	expires = (time_t)claims.expires;
	if (claims.expires != 0 && gmtime_r(&expires, &tm) != NULL)
		strftime(when, sizeof(when), " (%Y-%m-%dT%H:%M:%SZ)", &tm);
	if (claims.expires != 0)
		fprintf(out, "  exp: %" PRId64 "%s\n", claims.expires, when);
}

/* Each scope of `asked` that `granted` lacks. */
static void
write_missing(FILE *out, char *asked, const char *granted)
{
	char *rest = NULL;

	for (char *word = strtok_r(asked, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		if (token_response_missing_scope(granted, &word, 1) != NULL)
			fprintf(out, "  scope missing: %s\n", word);
}

void
token_trace_token(struct token_trace *trace, const struct token_response *response)
{
	char granted[VALUE_MAX];

	fprintf(trace->out, "Token\n");
	if (response->has_life)
		fprintf(trace->out, "  lifetime: %" PRIu32 " s\n", response->life);
	else
		fprintf(trace->out, "  lifetime: not said\n");
	if (trace->asked[0] != '\0')
		fprintf(trace->out, "  scopes asked for: %s\n", trace->asked);
	if (response->scope != NULL) {
		scrub(granted, sizeof(granted), response->scope, NULL, 0);
		fprintf(trace->out, "  scopes granted: %s\n", granted);
		write_missing(trace->out, trace->asked, response->scope);
	}
	write_claims(trace->out, response->access_token);
}
