/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/date.h"

static void
formats(const char *zone, time_t when, const char *expected)
{
	char buffer[DATE_MAX];

	setenv("TZ", zone, 1);
	tzset();
	date_format(when, buffer);
	assert_string_equal(buffer, expected);
}

static void
zones(void **state)
{
	(void)state;
	formats("UTC0", 1795327980, "Sun, 22 Nov 2026 06:13:00 +0000");
	formats("CET-1", 1795327980, "Sun, 22 Nov 2026 07:13:00 +0100");
	formats("NST3:30", 1795327980, "Sun, 22 Nov 2026 02:43:00 -0330");
	formats("XXX0:30", 1795327980, "Sun, 22 Nov 2026 05:43:00 -0030");
	formats("UTC0", 0, "Thu, 01 Jan 1970 00:00:00 +0000");
	formats("UTC0", 951782399, "Mon, 28 Feb 2000 23:59:59 +0000");
}

static void
times_beyond_the_calendar(void **state)
{
	(void)state;
	formats("UTC0", (time_t)INT64_MAX, "Thu, 01 Jan 1970 00:00:00 +0000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(zones),
	    cmocka_unit_test(times_beyond_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
