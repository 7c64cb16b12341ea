/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/suggest.h"

static void
distances(void **state)
{
	static const char long_word[] =
	    "0123456789012345678901234567890123456789012345678901234567890123456789";

	(void)state;
	assert_int_equal(suggest_distance("", ""), 0);
	assert_int_equal(suggest_distance("", "abc"), 3);
	assert_int_equal(suggest_distance("port", "port"), 0);
	assert_int_equal(suggest_distance("prot", "port"), 1);
	assert_int_equal(suggest_distance("hots", "host"), 1);
	assert_int_equal(suggest_distance("hostnam", "hostname"), 1);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
	assert_int_equal(suggest_distance(long_word, "host"), UINT_MAX);
}

static void
the_nearest_offer_wins(void **state)
{
	struct suggest suggest;

	(void)state;
	suggest_begin(&suggest, "client-id");
	suggest_offer(&suggest, "tenant_id");
	suggest_offer(&suggest, "client_id");
	suggest_offer(&suggest, "client_secret");
	assert_string_equal(suggest.nearest, "client_id");
}

static void
far_offers_are_none(void **state)
{
	struct suggest suggest;

	(void)state;
	suggest_begin(&suggest, "colour");
	suggest_offer(&suggest, "host");
	suggest_offer(&suggest, "port");
	assert_null(suggest.nearest);
	suggest_begin(&suggest, "xy");
	suggest_offer(&suggest, "z");
	assert_null(suggest.nearest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(distances),
	    cmocka_unit_test(the_nearest_offer_wins),
	    cmocka_unit_test(far_offers_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
