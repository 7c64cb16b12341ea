/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/secret.h"
#include "oauth/query.h"

static void
expect(const char *query, const char *name, int found, const char *expected)
{
	char *value;

	assert_int_equal(query_find(query, name, &value), found);
	if (expected == NULL)
		assert_null(value);
	else
		assert_string_equal(value, expected);
	secret_free(value);
}

static void
parameters_are_found_and_decoded(void **state)
{
	(void)state;
	expect("code=a&state=b", "code", 1, "a");
	expect("code=a&state=b", "state", 1, "b");
	expect("code=a&state=b#state=c", "state", 1, "b");
	expect("code=%3d%2F+x%C3%a4", "code", 1, "=/ x\xc3\xa4");
	expect("code=", "code", 1, "");
	expect("&&code=a&&", "code", 1, "a");
	expect("code=a%20b=c", "code", 1, "a b=c");
}

static void
others_are_not_found(void **state)
{
	(void)state;
	expect("", "code", 0, NULL);
	expect("code", "code", 0, NULL);
	expect("xcode=a&codex=b", "code", 0, NULL);
	expect("#code=a", "code", 0, NULL);
	expect("a=b%code=a", "code", 0, NULL);
}

static void
what_is_given_twice_is_refused(void **state)
{
	(void)state;
	expect("code=a&code=a", "code", -1, NULL);
	expect("code=a&x=y&code=", "code", -1, NULL);
	expect("code=a&code", "code", 1, "a");
}

static void
bad_encoding_is_refused(void **state)
{
	static const char *const bad[] = {"code=%", "code=%4", "code=%4&x=1", "code=%zz",
	    "code=%00", "code=a%0Ab", "code=a\x01", "code=%7f", "code=%4#1"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], "code", -1, NULL);
	/* Another parameter's encoding is not looked at. */
	expect("x=%&code=a", "code", 1, "a");
}

static void
length_is_bounded(void **state)
{
	char *query = calloc(1, QUERY_MAX + 2);

	(void)state;
	assert_non_null(query);
	memset(query, 'a', QUERY_MAX + 1);
	memcpy(query, "code=", 5);
	expect(query, "code", -1, NULL);
	query[QUERY_MAX] = '\0';
	expect(query, "code", 1, query + 5);
	free(query);
}

static void
query_of_a_url(void **state)
{
	(void)state;
	assert_string_equal(query_of_url("http://127.0.0.1:1/?code=a"), "code=a");
	assert_string_equal(query_of_url("code=a&state=b"), "code=a&state=b");
	assert_string_equal(query_of_url("?code=a"), "code=a");
	assert_null(query_of_url("http://127.0.0.1:1/"));
	assert_null(query_of_url(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parameters_are_found_and_decoded),
	    cmocka_unit_test(others_are_not_found),
	    cmocka_unit_test(what_is_given_twice_is_refused),
	    cmocka_unit_test(bad_encoding_is_refused),
	    cmocka_unit_test(length_is_bounded),
	    cmocka_unit_test(query_of_a_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
