/* SPDX-License-Identifier: ISC */
#include "oauth/authorization.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "config/secret.h"
#include "oauth/base64url.h"
#include "oauth/diagnose.h"
#include "oauth/query.h"
#include "oauth/scrub.h"

#define RANDOM_OCTETS 32

_Static_assert(
    BASE64URL_SIZE(RANDOM_OCTETS) >= AUTHORIZATION_RANDOM_SIZE, "43 characters and a NUL");
_Static_assert(SHA256_DIGEST_LENGTH == RANDOM_OCTETS, "a challenge is as long as a verifier");

static void
encode(char text[AUTHORIZATION_RANDOM_SIZE], const unsigned char octets[RANDOM_OCTETS])
{
	char padded[BASE64URL_SIZE(RANDOM_OCTETS)];

	base64url_encode(padded, octets, RANDOM_OCTETS);
	strlcpy(text, padded, AUTHORIZATION_RANDOM_SIZE);
	explicit_bzero(padded, sizeof(padded));
}

static void
make_random(char text[AUTHORIZATION_RANDOM_SIZE])
{
	unsigned char octets[RANDOM_OCTETS];

	arc4random_buf(octets, sizeof(octets));
	encode(text, octets);
	explicit_bzero(octets, sizeof(octets));
}

void
authorization_proof_make(struct authorization_proof *proof)
{
	make_random(proof->state);
	make_random(proof->verifier);
}

void
authorization_challenge(const char *verifier, char challenge[AUTHORIZATION_RANDOM_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)verifier, strlen(verifier), digest);
	encode(challenge, digest);
}

static void
add_scopes(struct form *url, const struct config_strings *scopes)
{
	if (scopes->count == 0)
		return;
	form_append(url, "&scope=");
	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			form_append(url, "+");
		form_append_encoded(url, scopes->items[i]);
	}
}

/* Names that would make the request another one, or ambiguous. */
static bool
is_ours(const char *name)
{
	static const char *const names[] = {"response_type", "client_id", "redirect_uri", "scope",
	    "state", "code_challenge", "code_challenge_method", "response_mode"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
add_parameters(struct form *url, const struct config_parameters *parameters, struct error *error)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct config_parameter *parameter = &parameters->items[i];

		if (is_ours(parameter->name))
			return error_set(error, EX_CONFIG,
			    "\"%s\" is no parameter that can be added", parameter->name);
		form_add(url, parameter->name, parameter->value);
	}
	return 0;
}

int
authorization_url(const struct authorization_request *request,
    const struct authorization_proof *proof, struct form *url, struct error *error)
{
	char challenge[AUTHORIZATION_RANDOM_SIZE];

	authorization_challenge(proof->verifier, challenge);
	form_append(url, request->endpoint);
	form_append(url, strchr(request->endpoint, '?') == NULL ? "?" : "&");
	form_append(url, "response_type=code");
	form_add(url, "client_id", request->client_id);
	form_add(url, "redirect_uri", request->redirect_uri);
	add_scopes(url, request->scopes);
	form_add(url, "state", proof->state);
	form_add(url, "code_challenge", challenge);
	form_add(url, "code_challenge_method", "S256");
	if (add_parameters(url, request->parameters, error) < 0)
		return -1;
	return url->failed ? error_set(error, EX_OSERR, "no memory for a request") : 0;
}

static bool
is_state(const char *query, const char *state)
{
	size_t length = strlen(state);
	char *value;
	bool same;

	if (query_find(query, "state", &value) <= 0)
		return false;
	same = strlen(value) == length && CRYPTO_memcmp(value, state, length) == 0;
	secret_free(value);
	return same;
}

bool
authorization_is_ours(const char *response, const char *state)
{
	const char *query = query_of_url(response);

	return query != NULL && is_state(query, state);
}

/* RFC 9207, section 2.4. */
static int
check_issuer(
    const char *query, const struct authorization_expectation *expectation, struct error *error)
{
	char *issuer;
	int found = query_find(query, "iss", &issuer);
	int result = 0;

	if (found < 0)
		return error_set(error, EX_DATAERR, "the response is malformed");
	if (expectation->issuer == NULL)
		result = 0;
	else if (issuer != NULL && strcmp(issuer, expectation->issuer) != 0)
		result = error_set(error, EX_CONFIG,
		    "the response is from issuer \"%.200s\", and not from \"%s\"; the request was "
		    "led astray, or issuer is not configured as the server writes it",
		    issuer, expectation->issuer);
	else if (issuer == NULL && expectation->issuer_named)
		result = error_set(error, EX_CONFIG,
		    "the response does not name its issuer, which the server says that it does");
	secret_free(issuer);
	return result;
}

/* RFC 6749, section 4.1.2.1, and what OpenID Connect adds. */
static int
status_of(const char *error)
{
	static const struct {
		const char *error;
		int status;
	} known[] = {
	    {"access_denied", EX_NOPERM},
	    {"consent_required", EX_NOPERM},
	    {"interaction_required", EX_NOPERM},
	    {"login_required", EX_NOPERM},
	    {"account_selection_required", EX_NOPERM},
	    {"server_error", EX_TEMPFAIL},
	    {"temporarily_unavailable", EX_TEMPFAIL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].error, error) == 0)
			return known[i].status;
	return EX_CONFIG;
}

/* Tell what the server said in place of a code. */
static void
tell_refusal(const char *query, const char *code,
    const struct authorization_expectation *expectation, struct error *error)
{
	char told[ERROR_TEXT_MAX];
	char scrubbed[ERROR_TEXT_MAX / 2];
	char advice[ERROR_TEXT_MAX / 2] = "";
	const char *known;
	char *description;

	(void)query_find(query, "error_description", &description);
	known =
	    diagnose_token(expectation->provider, code, description == NULL ? "" : description, 0);
	if (known != NULL)
		diagnose_personal(
		    advice, sizeof(advice), known, expectation->profile, expectation->username);
	for (char *p = advice; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	snprintf(told, sizeof(told), "%s%s%s", code, description == NULL ? "" : ": ",
	    description == NULL ? "" : description);
	scrub(scrubbed, sizeof(scrubbed), told, NULL, 0);
	error_set(error, status_of(code), "the server refuses: %s%s%s", scrubbed,
	    *advice == '\0' ? "" : ". ", advice);
	secret_free(description);
}

static int
take_code(const char *query, const struct authorization_expectation *expectation, char **code,
    struct error *error)
{
	int found = query_find(query, "error", code);

	if (found > 0) {
		tell_refusal(query, *code, expectation, error);
		secret_free(*code);
		*code = NULL;
		return -1;
	}
	if (found == 0)
		found = query_find(query, "code", code);
	if (found < 0)
		return error_set(error, EX_DATAERR, "the response is malformed");
	if (found == 0 || **code == '\0') {
		secret_free(*code);
		*code = NULL;
		return error_set(error, EX_DATAERR, "the response has neither code nor error");
	}
	return 0;
}

int
authorization_response(const char *response, const struct authorization_expectation *expectation,
    char **code, struct error *error)
{
	const char *query = query_of_url(response);

	*code = NULL;
	if (query == NULL || strlen(query) > QUERY_MAX)
		return error_set(error, EX_DATAERR,
		    "that is not the address of a page that the browser was sent back to");
	if (!is_state(query, expectation->state))
		return error_set(error, EX_DATAERR,
		    "that is not the response to this request: its state is another one");
	if (check_issuer(query, expectation, error) < 0)
		return -1;
	return take_code(query, expectation, code, error);
}
