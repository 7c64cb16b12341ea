/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "config/secret.h"
#include "oauth/authorization.h"

static char smtp[] = "https://mail.example.com/smtp";
static char offline[] = "offline_access";
static char *scope_items[] = {smtp, offline};
static const struct config_strings scopes = {scope_items, 2};

static int
make_url(const char *endpoint, struct config_parameter *parameters, size_t count, struct form *url,
    struct error *error)
{
	static const struct authorization_proof proof = {
	    .state = "the-state", .verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"};
	const struct config_parameters list = {parameters, count};
	const struct authorization_request request = {.endpoint = endpoint,
	    .client_id = "app id",
	    .redirect_uri = "http://127.0.0.1:4711/cb",
	    .scopes = &scopes,
	    .parameters = &list};

	return authorization_url(&request, &proof, url, error);
}

/* RFC 7636, appendix B. */
static void
challenge_is_that_of_the_rfc(void **state)
{
	char challenge[AUTHORIZATION_RANDOM_SIZE];

	(void)state;
	authorization_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge);
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void
proofs_are_long_and_never_the_same(void **state)
{
	struct authorization_proof first;
	struct authorization_proof second;

	(void)state;
	authorization_proof_make(&first);
	authorization_proof_make(&second);
	assert_int_equal(strlen(first.state), 43);
	assert_int_equal(strlen(first.verifier), 43);
	assert_string_not_equal(first.state, second.state);
	assert_string_not_equal(first.verifier, second.verifier);
	assert_string_not_equal(first.state, first.verifier);
}

static void
url_has_everything(void **state)
{
	char name[] = "prompt";
	char value[] = "select account";
	struct config_parameter parameters[] = {{name, value}};
	struct form url = {0};
	struct error error;

	(void)state;
	assert_int_equal(make_url("https://as.example.com/auth", parameters, 1, &url, &error), 0);
	assert_string_equal(url.text,
	    "https://as.example.com/auth?response_type=code&client_id=app+id"
	    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcb"
	    "&scope=https%3A%2F%2Fmail.example.com%2Fsmtp+offline_access&state=the-state"
	    "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	    "&code_challenge_method=S256&prompt=select+account");
	form_wipe(&url);
}

static void
query_of_the_endpoint_stays(void **state)
{
	static const char expected[] = "https://as.example.com/auth?realm=a&response_type=code&";
	struct form url = {0};
	struct error error;

	(void)state;
	assert_int_equal(make_url("https://as.example.com/auth?realm=a", NULL, 0, &url, &error), 0);
	assert_memory_equal(url.text, expected, sizeof(expected) - 1);
	form_wipe(&url);
}

static void
further_parameters_cannot_replace_ours(void **state)
{
	static const char *const names[] = {"state", "code_challenge", "code_challenge_method",
	    "redirect_uri", "client_id", "scope", "response_type", "response_mode"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct config_parameter parameter = {strdup(names[i]), offline};
		struct form url = {0};
		struct error error;

		assert_int_equal(
		    make_url("https://as.example.com/auth", &parameter, 1, &url, &error), -1);
		assert_int_equal(error.status, EX_CONFIG);
		form_wipe(&url);
		secret_free(parameter.name);
	}
}

static const struct authorization_expectation plain = {.state = "S", .profile = "office"};
static const struct authorization_expectation issuer = {
    .state = "S", .issuer = "https://as.example.com"};
static const struct authorization_expectation named = {
    .state = "S", .issuer = "https://as.example.com", .issuer_named = true};

/* The code, or where `status` is not 0, that one. */
static void
expect(const struct authorization_expectation *expectation, const char *response, int status,
    const char *text)
{
	struct error error = {0};
	char *code;
	int result = authorization_response(response, expectation, &code, &error);

	if (status == 0) {
		assert_int_equal(result, 0);
		assert_string_equal(code, text);
	} else {
		assert_int_equal(result, -1);
		assert_null(code);
		assert_int_equal(error.status, status);
		assert_non_null(strstr(error.text, text));
	}
	secret_free(code);
}

static void
codes_are_found(void **state)
{
	(void)state;
	expect(&plain, "code=abc&state=S", 0, "abc");
	expect(&plain, "http://127.0.0.1:1/?state=S&code=a%2Fb&session_state=1#x", 0, "a/b");
	expect(&plain, "state=S&code=a&iss=https%3A%2F%2Fwhoever.example", 0, "a");
}

static void
responses_to_other_requests_are_told_apart(void **state)
{
	(void)state;
	expect(&plain, "code=abc&state=T", EX_DATAERR, "state");
	expect(&plain, "code=abc&state=", EX_DATAERR, "state");
	expect(&plain, "code=abc&state=SS", EX_DATAERR, "state");
	expect(&plain, "code=abc", EX_DATAERR, "state");
	expect(&plain, "code=abc&state=S&state=S", EX_DATAERR, "state");
	expect(&plain, "error=access_denied", EX_DATAERR, "state");
	expect(&plain, "abc", EX_DATAERR, "not the address");
	expect(&plain, "", EX_DATAERR, "not the address");
	assert_true(authorization_is_ours("http://localhost/?state=S&code=%", "S"));
	assert_false(authorization_is_ours("state=S&state=T", "S"));
	assert_false(authorization_is_ours("http://localhost/", "S"));
}

static void
malformed_responses_are_refused(void **state)
{
	(void)state;
	expect(&plain, "state=S", EX_DATAERR, "neither code nor error");
	expect(&plain, "state=S&code=", EX_DATAERR, "neither code nor error");
	expect(&plain, "state=S&code=a&code=b", EX_DATAERR, "malformed");
	expect(&plain, "state=S&code=%00", EX_DATAERR, "malformed");
	expect(&plain, "state=S&error=a&error=b&code=c", EX_DATAERR, "malformed");
	expect(&issuer, "state=S&iss=a&iss=a&code=c", EX_DATAERR, "malformed");
}

static void
refusals_are_told(void **state)
{
	(void)state;
	expect(&plain, "state=S&error=access_denied", EX_NOPERM, "refuses: access_denied");
	expect(&plain, "state=S&error=server_error&code=x", EX_TEMPFAIL, "server_error");
	expect(&plain, "state=S&error=invalid_scope&error_description=no%20such+scope", EX_CONFIG,
	    "invalid_scope: no such scope");
	expect(&plain, "state=S&error=access_denied&error_description=AADSTS65001%3A+consent",
	    EX_NOPERM, "postoak oauth grant office");
	/* Nothing that a terminal acts on, and nothing that looks like a token. */
	expect(&plain, "state=S&error=%C3%9B&error_description=%0A", EX_CONFIG, "refuses: ??");
	expect(&plain, "state=S&error=x&error_description=0123456789012345678901234567890123456789",
	    EX_CONFIG, "x: [redacted]");
}

static void
issuer_is_checked(void **state)
{
	static const char ours[] = "state=S&code=a&iss=https%3A%2F%2Fas.example.com";

	(void)state;
	expect(&issuer, ours, 0, "a");
	expect(&named, ours, 0, "a");
	expect(&issuer, "state=S&code=a", 0, "a");
	expect(&named, "state=S&code=a", EX_CONFIG, "does not name its issuer");
	expect(&issuer, "state=S&code=a&iss=https%3A%2F%2Fas.example.com%2F", EX_CONFIG,
	    "https://as.example.com/");
	expect(&named, "state=S&error=access_denied&iss=https%3A%2F%2Fevil.example", EX_CONFIG,
	    "evil.example");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(challenge_is_that_of_the_rfc),
	    cmocka_unit_test(proofs_are_long_and_never_the_same),
	    cmocka_unit_test(url_has_everything),
	    cmocka_unit_test(query_of_the_endpoint_stays),
	    cmocka_unit_test(further_parameters_cannot_replace_ours),
	    cmocka_unit_test(codes_are_found),
	    cmocka_unit_test(responses_to_other_requests_are_told_apart),
	    cmocka_unit_test(malformed_responses_are_refused),
	    cmocka_unit_test(refusals_are_told),
	    cmocka_unit_test(issuer_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
