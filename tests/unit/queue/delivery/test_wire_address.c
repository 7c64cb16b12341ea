/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "queue/delivery/wire_address.h"

static void
assert_becomes(const char *address, bool smtputf8, const char *expected)
{
	char *result = wire_address(address, smtputf8);

	if (expected == NULL) {
		assert_null(result);
		assert_int_equal(errno, EILSEQ);
	} else {
		assert_non_null(result);
		assert_string_equal(result, expected);
	}
	free(result);
}

static void
test_as_it_is(void **state)
{
	(void)state;
	assert_becomes("", false, "");
	assert_becomes("a@Example.ORG", false, "a@Example.ORG");
	assert_becomes("\"a b\"@example.org", false, "\"a b\"@example.org");
	assert_becomes("a@[192.0.2.1]", false, "a@[192.0.2.1]");
	assert_becomes("a@bücher.example", true, "a@bücher.example");
	assert_becomes("jürgen@bücher.example", true, "jürgen@bücher.example");
}

static void
test_domain_in_a_labels(void **state)
{
	(void)state;
	assert_becomes("a@bücher.example", false, "a@xn--bcher-kva.example");
	assert_becomes("A.B@BÜCHER.example", false, "A.B@xn--bcher-kva.example");
	assert_becomes("\"a@b\"@bücher.example", false, "\"a@b\"@xn--bcher-kva.example");
	assert_becomes("a@straße.example", false, "a@xn--strae-oqa.example");
	assert_becomes("a@例え.テスト", false, "a@xn--r8jz45g.xn--zckzah");
}

static void
test_no_other_form(void **state)
{
	(void)state;
	assert_becomes("jürgen@example.org", false, NULL);
	assert_becomes("jürgen@bücher.example", false, NULL);
	assert_becomes("jürgen", false, NULL);
	assert_becomes("a@b\xc3.example", false, NULL);
	assert_becomes("a@\xe2\x80\xae.example", false, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_it_is),
	    cmocka_unit_test(test_domain_in_a_labels),
	    cmocka_unit_test(test_no_other_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
