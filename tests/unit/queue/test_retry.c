/* SPDX-License-Identifier: ISC */
#include "queue/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define DRAWS 1000

static void
assert_within_a_fifth(uint64_t ms, uint64_t of)
{
	assert_in_range(ms, of - of / 5, of + of / 5);
}

static void
delays_double_up_to_the_maximum(void **state)
{
	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		assert_within_a_fifth(retry_delay(60, 3600, 1), 60000);
		assert_within_a_fifth(retry_delay(60, 3600, 2), 120000);
		assert_within_a_fifth(retry_delay(60, 3600, 6), 1920000);
		assert_within_a_fifth(retry_delay(60, 3600, 7), 3600000);
		assert_within_a_fifth(retry_delay(60, 3600, 4000000000), 3600000);
	}
}

static void
no_attempt_counted_is_as_the_first(void **state)
{
	(void)state;
	assert_within_a_fifth(retry_delay(60, 3600, 0), 60000);
}

static void
a_minimum_over_the_maximum_gives_the_maximum(void **state)
{
	(void)state;
	assert_within_a_fifth(retry_delay(7200, 3600, 1), 3600000);
}

static void
the_longest_durations_do_not_overflow(void **state)
{
	const unsigned year = 365 * 86400;

	(void)state;
	for (unsigned failures = 1; failures < 100; failures++)
		assert_true(retry_delay(1, year, failures) <= (uint64_t)year * 1200);
	assert_true(retry_delay(year, year, 50) >= (uint64_t)year * 800);
}

static void
chance_goes_both_ways(void **state)
{
	bool less = false;
	bool more = false;

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		uint64_t ms = retry_jitter(100000);

		assert_within_a_fifth(ms, 100000);
		less = less || ms < 95000;
		more = more || ms > 105000;
	}
	assert_true(less && more);
}

static void
what_is_too_short_for_chance_stays(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms < 5; ms++)
		assert_int_equal(retry_jitter(ms), ms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(delays_double_up_to_the_maximum),
	    cmocka_unit_test(no_attempt_counted_is_as_the_first),
	    cmocka_unit_test(a_minimum_over_the_maximum_gives_the_maximum),
	    cmocka_unit_test(the_longest_durations_do_not_overflow),
	    cmocka_unit_test(chance_goes_both_ways),
	    cmocka_unit_test(what_is_too_short_for_chance_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
