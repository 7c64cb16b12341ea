/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/units.h"

static void
durations(void **state)
{
	static const struct {
		const char *text;
		int result;
		unsigned seconds;
	} cases[] = {
	    {"30s", 0, 30},
	    {"5m", 0, 300},
	    {"4h", 0, 14400},
	    {"5d", 0, 432000},
	    {"365d", 0, UNITS_DURATION_MAX},
	    {"31536000s", 0, UNITS_DURATION_MAX},
	    {"0", 0, 0},
	    {"0s", 0, 0},
	    {"366d", -2, 0},
	    {"31536001s", -2, 0},
	    {"99999999999999999999999s", -2, 0},
	    {"18446744073709551615d", -2, 0},
	    {"30", -1, 0},
	    {"", -1, 0},
	    {"s", -1, 0},
	    {"5M", -1, 0},
	    {"5min", -1, 0},
	    {"-5m", -1, 0},
	    {"+5m", -1, 0},
	    {" 5m", -1, 0},
	    {"5 m", -1, 0},
	    {"1h30m", -1, 0},
	    {"1.5h", -1, 0},
	};
	unsigned seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		seconds = 0;
		assert_int_equal(units_parse_duration(cases[i].text, &seconds), cases[i].result);
		assert_int_equal(seconds, cases[i].seconds);
	}
}

static void
sizes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t octets;
	} cases[] = {
	    {"0", 0, 0},
	    {"1000", 0, 1000},
	    {"64K", 0, 65536},
	    {"25M", 0, 26214400},
	    {"1G", 0, 1073741824},
	    {"18446744073709551615", 0, UINT64_MAX},
	    {"17179869183G", 0, UINT64_C(17179869183) << 30},
	    {"18446744073709551616", -2, 0},
	    {"17179869184G", -2, 0},
	    {"64k", -1, 0},
	    {"64KB", -1, 0},
	    {"M", -1, 0},
	    {"", -1, 0},
	    {"-1", -1, 0},
	    {"0x10", -1, 0},
	};
	uint64_t octets;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		octets = 0;
		assert_int_equal(units_parse_size(cases[i].text, &octets), cases[i].result);
		assert_true(octets == cases[i].octets);
	}
}

static void
formats_are_short_and_read_back(void **state)
{
	char text[UNITS_TEXT_MAX];

	(void)state;
	units_format_duration(432000, text);
	assert_string_equal(text, "5d");
	units_format_duration(5400, text);
	assert_string_equal(text, "90m");
	units_format_duration(61, text);
	assert_string_equal(text, "61s");
	units_format_duration(0, text);
	assert_string_equal(text, "0");
	units_format_size(26214400, text);
	assert_string_equal(text, "25M");
	units_format_size(1000, text);
	assert_string_equal(text, "1000");
	units_format_size(UINT64_MAX, text);
	assert_string_equal(text, "18446744073709551615");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(sizes),
	    cmocka_unit_test(formats_are_short_and_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
