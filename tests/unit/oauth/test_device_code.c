/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/device_code.h"

static const char uri[] = "https://as.example.com/device";

static enum token_verdict
parse(struct device_code *device, unsigned status, const char *body)
{
	struct token_response response;
	enum token_verdict verdict;

	device_code_parse(device, &response, status, body, strlen(body));
	verdict = response.verdict;
	token_response_wipe(&response);
	return verdict;
}

static void
answers_of_servers(void **state)
{
	struct device_code device;

	(void)state;
	assert_int_equal(parse(&device, 200,
			     "{\"device_code\":\"d\",\"user_code\":\"ABCD-EFGH\","
			     "\"verification_uri\":\"https://as.example.com/device\","
			     "\"verification_uri_complete\":\"https://as.example.com/device?c=A\","
			     "\"expires_in\":600,\"interval\":7}"),
	    TOKEN_RESPONSE_GRANTED);
	assert_string_equal(device.code, "d");
	assert_string_equal(device.user_code, "ABCD-EFGH");
	assert_string_equal(device.uri, uri);
	assert_string_equal(device.complete_uri, "https://as.example.com/device?c=A");
	assert_int_equal(device.life, 600);
	assert_int_equal(device.interval, 7);
	device_code_wipe(&device);
	assert_null(device.code);

	/* What may be missing, other names, numbers as strings. */
	assert_int_equal(parse(&device, 200,
			     "{\"device_code\":\"d\",\"user_code\":\"1\","
			     "\"verification_url\":\"https://as.example.com/device\","
			     "\"verification_uri_complete\":\"javascript:alert(1)\","
			     "\"expires_in\":\"900\"}"),
	    TOKEN_RESPONSE_GRANTED);
	assert_string_equal(device.uri, uri);
	assert_null(device.complete_uri);
	assert_int_equal(device.life, 900);
	assert_int_equal(device.interval, 5);
	device_code_wipe(&device);

	assert_int_equal(parse(&device, 200,
			     "{\"device_code\":\"d\",\"user_code\":\"1\","
			     "\"verification_uri\":\"https://as.example.com/device\","
			     "\"expires_in\":1e99,\"interval\":-1}"),
	    TOKEN_RESPONSE_GRANTED);
	assert_int_equal(device.life, DEVICE_CODE_LIFE_MAX);
	assert_int_equal(device.interval, 5);
	device_code_wipe(&device);
}

static void
unusable_answers(void **state)
{
	static const char *const bodies[] = {"", "{}", "[]",
	    "{\"device_code\":\"d\",\"verification_uri\":\"https://a\"}",
	    "{\"user_code\":\"d\",\"verification_uri\":\"https://a\"}",
	    "{\"device_code\":\"d\",\"user_code\":\"u\"}",
	    "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"ftp://a\"}",
	    "{\"device_code\":\"d\",\"user_code\":\"u\\u001b[2J\",\"verification_uri\":\"https://"
	    "a\"}",
	    "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://"
	    "a\\u001b\"}"};
	struct device_code device;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_int_equal(parse(&device, 200, bodies[i]), TOKEN_RESPONSE_CONFIGURATION);
		assert_null(device.code);
		assert_null(device.uri);
	}
	assert_int_equal(
	    parse(&device, 400, "{\"error\":\"invalid_scope\"}"), TOKEN_RESPONSE_CONFIGURATION);
	assert_int_equal(parse(&device, 503, "busy"), TOKEN_RESPONSE_TRY_LATER);
}

static void
polls(void **state)
{
	static const struct {
		enum token_verdict verdict;
		const char *error;
		enum device_state state;
	} answers[] = {
	    {TOKEN_RESPONSE_GRANTED, "", DEVICE_GRANTED},
	    {TOKEN_RESPONSE_CONFIGURATION, "authorization_pending", DEVICE_PENDING},
	    {TOKEN_RESPONSE_CONFIGURATION, "access_denied", DEVICE_DENIED},
	    {TOKEN_RESPONSE_CONFIGURATION, "authorization_declined", DEVICE_DENIED},
	    {TOKEN_RESPONSE_CONFIGURATION, "expired_token", DEVICE_EXPIRED},
	    {TOKEN_RESPONSE_CONFIGURATION, "bad_verification_code", DEVICE_FAILED},
	    {TOKEN_RESPONSE_GRANT_AGAIN, "invalid_grant", DEVICE_FAILED},
	    {TOKEN_RESPONSE_CONFIGURATION, "", DEVICE_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct device_code device = {.interval = 5};

		assert_int_equal(device_code_judge(&device, answers[i].verdict, answers[i].error),
		    answers[i].state);
		assert_int_equal(device.interval, 5);
	}
}

static void
intervals_grow(void **state)
{
	struct device_code device = {.interval = 5};

	(void)state;
	assert_int_equal(
	    device_code_judge(&device, TOKEN_RESPONSE_TRY_LATER, "slow_down"), DEVICE_PENDING);
	assert_int_equal(device.interval, 10);
	assert_int_equal(
	    device_code_judge(&device, TOKEN_RESPONSE_CONFIGURATION, "authorization_pending"),
	    DEVICE_PENDING);
	assert_int_equal(device.interval, 10);
	/* Trouble on the way: section 3.5 wants an exponential back-off. */
	assert_int_equal(device_code_judge(&device, TOKEN_RESPONSE_TRY_LATER, ""), DEVICE_PENDING);
	assert_int_equal(device.interval, 20);
	for (int i = 0; i < 40; i++)
		(void)device_code_judge(&device, TOKEN_RESPONSE_TRY_LATER, "");
	assert_int_equal(device.interval, 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers_of_servers),
	    cmocka_unit_test(unusable_answers),
	    cmocka_unit_test(polls),
	    cmocka_unit_test(intervals_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
