/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/form.h"

static void
pairs_are_encoded_and_joined(void **state)
{
	struct form form = {0};

	(void)state;
	form_add(&form, "grant_type", "client_credentials");
	form_add(&form, "scope", "https://mail.google.com/ a");
	form_add(&form, "odd&name", "~*'\"=&+%\xc3\xa4");
	assert_string_equal(form.text,
	    "grant_type=client_credentials&scope=https%3A%2F%2Fmail.google.com%2F+a"
	    "&odd%26name=%7E%2A%27%22%3D%26%2B%25%C3%A4");
	assert_int_equal(form.length, strlen(form.text));
	form_wipe(&form);
	assert_null(form.text);
}

static void
plain_text_is_left_alone(void **state)
{
	struct form form = {0};

	(void)state;
	form_append(&form, "a:b c");
	form_append_encoded(&form, "Az09-._");
	assert_string_equal(form.text, "a:b cAz09-._");
	form_wipe(&form);
}

static void
growth_has_an_end_and_keeps_nothing_after_it(void **state)
{
	static char large[FORM_MAX / 2];
	struct form form = {0};

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	form_append(&form, large);
	assert_false(form.failed);
	assert_int_equal(form.length, sizeof(large) - 1);
	form_append(&form, large);
	form_append(&form, large);
	assert_true(form.failed);
	assert_null(form.text);
	form_append(&form, "more");
	assert_null(form.text);
	form_wipe(&form);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pairs_are_encoded_and_joined),
	    cmocka_unit_test(plain_text_is_left_alone),
	    cmocka_unit_test(growth_has_an_end_and_keeps_nothing_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
