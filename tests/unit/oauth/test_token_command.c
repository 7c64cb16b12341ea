/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "config/credential.h"
#include "oauth/token_command.h"

static void
a_token_and_perhaps_its_life(void **state)
{
	static const struct {
		const char *output;
		bool has_life;
		uint32_t life;
	} cases[] = {
	    {"eyJ.a-b_c~1+/=", false, 0},
	    {"eyJ.a-b_c~1+/=\n1", true, 1},
	    {"eyJ.a-b_c~1+/=\n3599", true, 3599},
	    {"eyJ.a-b_c~1+/=\n31536000", true, 31536000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_response response;
		struct error error;

		assert_int_equal(token_command_parse(&response, cases[i].output, &error), 0);
		assert_int_equal(response.verdict, TOKEN_RESPONSE_GRANTED);
		assert_string_equal(response.access_token, "eyJ.a-b_c~1+/=");
		assert_null(response.refresh_token);
		assert_int_equal(response.has_life, cases[i].has_life);
		assert_int_equal(response.life, cases[i].life);
		token_response_wipe(&response);
	}
}

static void
what_is_no_token_is_refused_and_not_repeated(void **state)
{
	static const char *const cases[] = {"\nhunter2", " hunter2", "hunter2 ", "hunter2\r",
	    "hunter2\x01", "hunter2\xc3\xa4", "{\"access_token\": \"hunter2\"}", "hunter2\n",
	    "hunter2\n0", "hunter2\n-1", "hunter2\n1h", "hunter2\nhunter2", "hunter2\n31536001",
	    "hunter2\n60\n", "hunter2\n60\nhunter2"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct token_response response;
		struct error error;

		if (token_command_parse(&response, cases[i], &error) == 0)
			fail_msg("accepted: %s", cases[i]);
		assert_int_equal(error.status, EX_TEMPFAIL);
		assert_null(strstr(error.text, "hunter2"));
		assert_null(response.access_token);
	}
}

static void
as_long_as_a_login_can_carry(void **state)
{
	char *output = calloc(1, CREDENTIAL_SECRET_MAX + 2);
	struct token_response response;
	struct error error;

	(void)state;
	memset(output, 'a', CREDENTIAL_SECRET_MAX);
	assert_int_equal(token_command_parse(&response, output, &error), 0);
	token_response_wipe(&response);
	output[CREDENTIAL_SECRET_MAX] = 'a';
	assert_int_equal(token_command_parse(&response, output, &error), -1);
	free(output);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_token_and_perhaps_its_life),
	    cmocka_unit_test(what_is_no_token_is_refused_and_not_repeated),
	    cmocka_unit_test(as_long_as_a_login_can_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
