/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/credential.h"
#include "oauth/token_response.h"

static struct token_response response;

static enum token_verdict
parse(unsigned status, const char *body)
{
	token_response_wipe(&response);
	token_response_parse(&response, status, body, strlen(body));
	return response.verdict;
}

static int
wipe(void **state)
{
	(void)state;
	token_response_wipe(&response);
	return 0;
}

static void
a_plain_answer(void **state)
{
	(void)state;
	assert_int_equal(
	    parse(200, "{\"access_token\":\"at\",\"token_type\":\"bEaReR\","
		       "\"expires_in\":3599,\"refresh_token\":\"r t\",\"scope\":\"a b\","
		       "\"ext_expires_in\":1,\"x\":{\"y\":[1]}}"),
	    TOKEN_RESPONSE_GRANTED);
	assert_string_equal(response.access_token, "at");
	assert_string_equal(response.refresh_token, "r t");
	assert_string_equal(response.scope, "a b");
	assert_true(response.has_life);
	assert_int_equal(response.life, 3599);
}

static void
expires_in_comes_in_many_shapes(void **state)
{
	static const struct {
		const char *value;
		uint32_t life; /* 0: none */
	} shapes[] = {{"\"3600\"", 3600}, {"3600.7", 3600}, {"1", 1}, {"0", 0}, {"-5", 0},
	    {"\"x\"", 0}, {"\"12x\"", 0}, {"null", 0}, {"true", 0}, {"[]", 0},
	    {"1e300", TOKEN_RESPONSE_LIFE_MAX}, {"9223372036854775807", TOKEN_RESPONSE_LIFE_MAX}};
	char body[200];

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		snprintf(body, sizeof(body),
		    "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":%s}",
		    shapes[i].value);
		assert_int_equal(parse(200, body), TOKEN_RESPONSE_GRANTED);
		assert_int_equal(response.has_life, shapes[i].life > 0);
		assert_int_equal(response.life, shapes[i].life);
	}
	assert_int_equal(parse(200, "{\"access_token\":\"t\"}"), TOKEN_RESPONSE_GRANTED);
	assert_false(response.has_life);
}

static void
tokens_of_no_use_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse(200, "{\"access_token\":\"t\",\"token_type\":\"DPoP\"}"),
	    TOKEN_RESPONSE_CONFIGURATION);
	assert_non_null(strstr(response.fault, "DPoP"));
	assert_int_equal(parse(200, "{\"access_token\":\"t\",\"token_type\":\"mac\"}"),
	    TOKEN_RESPONSE_CONFIGURATION);
	assert_null(response.access_token);
	assert_int_equal(parse(200, "{\"access_token\":\"\",\"token_type\":\"Bearer\"}"),
	    TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"access_token\":\"a\\r\\nRSET\",\"token_type\":\"Bearer\"}"),
	    TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"access_token\":\"a\\u0001b\",\"token_type\":\"Bearer\"}"),
	    TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"access_token\":{},\"token_type\":\"Bearer\"}"),
	    TOKEN_RESPONSE_TRY_LATER);
	assert_null(response.access_token);
}

static void
a_token_as_long_as_the_wire_allows(void **state)
{
	char token[CREDENTIAL_SECRET_MAX + 2];
	char body[sizeof(token) + 64];

	(void)state;
	memset(token, 'a', sizeof(token) - 1);
	token[sizeof(token) - 1] = '\0';
	snprintf(body, sizeof(body), "{\"access_token\":\"%s\",\"token_type\":\"Bearer\"}", token);
	assert_int_equal(parse(200, body), TOKEN_RESPONSE_TRY_LATER);
	snprintf(
	    body, sizeof(body), "{\"access_token\":\"%s\",\"token_type\":\"Bearer\"}", token + 1);
	assert_int_equal(parse(200, body), TOKEN_RESPONSE_GRANTED);
	assert_int_equal(strlen(response.access_token), CREDENTIAL_SECRET_MAX);
}

static void
hostile_bodies_are_read_to_a_verdict(void **state)
{
	static char large[1048576];
	static const char nul[] = "{\"access_token\":\"a\0b\",\"token_type\":\"Bearer\"}";

	(void)state;
	assert_int_equal(parse(200, ""), TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"access_token\":\"abc"), TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "<html>hotel</html>"), TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "[\"access_token\"]"), TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"token_type\":\"Bearer\"}"), TOKEN_RESPONSE_TRY_LATER);
	assert_int_equal(parse(200, "{\"access_token\":\"\\u0000\",\"token_type\":\"Bearer\"}"),
	    TOKEN_RESPONSE_TRY_LATER);
	memset(large, '[', sizeof(large) - 1);
	assert_int_equal(parse(200, large), TOKEN_RESPONSE_TRY_LATER);
	memset(large, ' ', sizeof(large) - 1);
	assert_int_equal(parse(200, large), TOKEN_RESPONSE_TRY_LATER);
	token_response_parse(&response, 200, nul, sizeof(nul) - 1);
	assert_int_equal(response.verdict, TOKEN_RESPONSE_TRY_LATER);
}

static void
errors_by_name_and_status(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		enum token_verdict verdict;
	} rows[] = {
	    {400, "{\"error\":\"invalid_grant\"}", TOKEN_RESPONSE_GRANT_AGAIN},
	    {400, "{\"error\":\"interaction_required\"}", TOKEN_RESPONSE_GRANT_AGAIN},
	    {401, "{\"error\":\"invalid_client\"}", TOKEN_RESPONSE_CONFIGURATION},
	    {400, "{\"error\":\"unauthorized_client\"}", TOKEN_RESPONSE_CONFIGURATION},
	    {400, "{\"error\":\"invalid_scope\"}", TOKEN_RESPONSE_CONFIGURATION},
	    {400, "{\"error\":\"something_new\"}", TOKEN_RESPONSE_CONFIGURATION},
	    {400, "{\"error\":\"temporarily_unavailable\"}", TOKEN_RESPONSE_TRY_LATER},
	    {400, "{\"error\":\"server_error\"}", TOKEN_RESPONSE_TRY_LATER},
	    {200, "{\"error\":\"invalid_grant\"}", TOKEN_RESPONSE_GRANT_AGAIN},
	    {429, "{\"error\":\"invalid_request\"}", TOKEN_RESPONSE_TRY_LATER},
	    {503, "{\"error\":\"invalid_grant\"}", TOKEN_RESPONSE_TRY_LATER},
	    {408, "", TOKEN_RESPONSE_TRY_LATER},
	    {500, "<html>", TOKEN_RESPONSE_TRY_LATER},
	    {302, "", TOKEN_RESPONSE_TRY_LATER},
	    {401, "", TOKEN_RESPONSE_CONFIGURATION},
	    {403, "", TOKEN_RESPONSE_CONFIGURATION},
	    {404, "not here", TOKEN_RESPONSE_CONFIGURATION},
	    {400, "{\"access_token\":\"t\",\"token_type\":\"Bearer\"}",
		TOKEN_RESPONSE_CONFIGURATION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (parse(rows[i].status, rows[i].body) != rows[i].verdict)
			fail_msg("%u %s", rows[i].status, rows[i].body);
}

static void
what_the_server_says_is_kept_and_bounded(void **state)
{
	char body[5000];
	char text[4000];

	(void)state;
	parse(400, "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS70008: expired\"}");
	assert_string_equal(response.error, "invalid_grant");
	assert_string_equal(response.description, "AADSTS70008: expired");
	parse(403, "{\"error\":{\"status\":\"PERMISSION_DENIED\",\"message\":\"no\"}}");
	assert_string_equal(response.error, "PERMISSION_DENIED");
	assert_string_equal(response.description, "no");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	snprintf(body, sizeof(body), "{\"error\":\"a\\nb%s\",\"error_description\":1}", text);
	parse(400, body);
	assert_int_equal(strlen(response.error), sizeof(response.error) - 1);
	assert_null(strchr(response.error, '\n'));
	assert_string_equal(response.description, "");
}

static void
missing_scopes_are_found(void **state)
{
	char mail[] = "https://mail.google.com/";
	char offline[] = "offline_access";
	char standard[] = "https://outlook.office365.com/.default";
	char *const asked[] = {offline, standard, mail};

	(void)state;
	assert_null(token_response_missing_scope(NULL, asked, 3));
	assert_null(token_response_missing_scope("", asked, 3));
	assert_null(token_response_missing_scope("openid  https://mail.google.com/", asked, 3));
	assert_ptr_equal(token_response_missing_scope("https://mail.google.com", asked, 3), mail);
	assert_ptr_equal(token_response_missing_scope("other", asked, 3), mail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_answer),
	    cmocka_unit_test(expires_in_comes_in_many_shapes),
	    cmocka_unit_test(tokens_of_no_use_are_refused),
	    cmocka_unit_test(a_token_as_long_as_the_wire_allows),
	    cmocka_unit_test(hostile_bodies_are_read_to_a_verdict),
	    cmocka_unit_test(errors_by_name_and_status),
	    cmocka_unit_test(what_the_server_says_is_kept_and_bounded),
	    cmocka_unit_test(missing_scopes_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, wipe);
}
