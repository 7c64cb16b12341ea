/* SPDX-License-Identifier: ISC */
#include "queue/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char name[] = "office";
static char provider[] = "microsoft365";
static char username[] = "alerts@contoso.com";

static void
advice_is_one_line_that_names_the_profile(void **state)
{
	const struct config_profile profile = {
	    .name = name, .provider = provider, .username = username};
	char advice[ADVICE_MAX];

	(void)state;
	advice_find(&profile, "535 5.7.0 Login refused", advice);
	assert_non_null(strstr(advice, username));
	assert_null(strstr(advice, "USERNAME"));
	assert_null(strpbrk(advice, "\r\n"));
}

static void
a_profile_that_is_gone_has_general_advice(void **state)
{
	char advice[ADVICE_MAX];

	(void)state;
	advice_find(NULL, "535 5.7.3 Authentication unsuccessful", advice);
	assert_string_not_equal(advice, "");
	assert_null(strpbrk(advice, "\r\n"));
}

static void
without_advice_there_is_none(void **state)
{
	const struct config_profile profile = {.name = name};
	char advice[ADVICE_MAX] = "old";

	(void)state;
	advice_find(&profile, "450 4.2.1 Mailbox is on holiday", advice);
	assert_string_equal(advice, "");
	advice_find(&profile, "", advice);
	assert_string_equal(advice, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(advice_is_one_line_that_names_the_profile),
	    cmocka_unit_test(a_profile_that_is_gone_has_general_advice),
	    cmocka_unit_test(without_advice_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
