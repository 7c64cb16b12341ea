/* SPDX-License-Identifier: ISC */
#include "sendmail/xtext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
expect(char *encoded, const char *expected)
{
	assert_non_null(encoded);
	assert_string_equal(encoded, expected);
	free(encoded);
}

static void
test_encode(void **state)
{
	(void)state;
	expect(xtext_encode("a@b.example"), "a@b.example");
	expect(xtext_encode("a+b=c d\n\xc3\xa9"), "a+2Bb+3Dc+20d+0A+C3+A9");
	expect(xtext_encode(""), "");
}

static void
test_ensure(void **state)
{
	(void)state;
	expect(xtext_ensure("00000123"), "00000123");
	expect(xtext_ensure("a+2Bb"), "a+2Bb");
	expect(xtext_ensure("a+2bb"), "a+2B2bb");
	expect(xtext_ensure("a+"), "a+2B");
	expect(xtext_ensure("id=5"), "id+3D5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_ensure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
