/* SPDX-License-Identifier: ISC */
#include "queue/message/wire_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "queue/message/header.h"

#define TEXT(text) text, sizeof(text) - 1

static void
test_good(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		size_t header;
	} cases[] = {
	    {TEXT("Subject: x\r\n\r\nbody\r\n"), 12},
	    {TEXT("A: x\r\n\r\n"), 6},
	    {TEXT("\r\n"), 0},
	    {TEXT("\r\nbody\r\n\r\nmore\r\n"), 0},
	    {TEXT("A: x\r\n\tfolded\r\nB : y\r\n\r\n.\r\n"), 22},
	    {TEXT("A: \xff\x80\r\n\r\n\xff\r\n"), 7},
	};
	struct error error;
	size_t header;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		header = 99;
		if (wire_form_check(cases[i].text, cases[i].length, &header, &error) < 0)
			fail_msg("%zu: %s", i, error.text);
		assert_int_equal(header, cases[i].header);
	}
}

static void
test_bad(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
	    {TEXT("")},
	    {TEXT("A: x\r\n")},        /* no end of the header */
	    {TEXT("A: x\r\n\r\nx")},   /* no end of the last line */
	    {TEXT("A: x\r\n\r\nx\r")}, /* nor here */
	    {TEXT("A: x\r\n\r\nx\n")}, /* bare LF */
	    {TEXT("A: x\n\r\nx\r\n")}, /* in the header */
	    {TEXT("A: x\r\n\r\n\n\r\n")},
	    {TEXT("A: x\r\n\r\n.\r.\r\n")}, /* bare CR */
	    {TEXT("A: x\r\n\r\nx\r\r\n")},
	    {TEXT("A: x\r\n\r\nx\0y\r\n")},
	    {TEXT("A: x\0\r\n\r\n")},
	    {TEXT("words\r\n\r\n")}, /* no field */
	    {TEXT(" folded\r\nA: x\r\n\r\n")},
	    {TEXT("A: x\r\n--boundary:\r\n\r\n")},
	};
	struct error error;
	size_t header;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error.status = 0;
		if (wire_form_check(cases[i].text, cases[i].length, &header, &error) == 0)
			fail_msg("%zu passes", i);
		assert_int_equal(error.status, EX_DATAERR);
	}
}

static void
test_header_bound(void **state)
{
	size_t length = HEADER_MAX + 64;
	char *text = malloc(length);
	struct error error;
	size_t header;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', length);
	memcpy(text, "A:", 2);
	memcpy(text + length - 4, "\r\n\r\n", 4);
	assert_int_equal(wire_form_check(text, length, &header, &error), -1);
	memcpy(text + HEADER_MAX - 2, "\r\n\r\n", 4);
	assert_int_equal(wire_form_check(text, length - 2, &header, &error), 0);
	assert_int_equal(header, HEADER_MAX);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_header_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
