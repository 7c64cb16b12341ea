/* SPDX-License-Identifier: ISC */
#include "queue/receivers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_limits(void **state)
{
	static const struct {
		uid_t uid;
		size_t all;
		size_t own;
		bool allowed;
	} cases[] = {
	    {1000, 0, 0, true},
	    {1000, 63, 7, true},
	    {1000, 64, 0, false},
	    {1000, 8, 8, false},
	    {0, 64, 8, true},
	    {0, 71, 71, true},
	    {0, 72, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(receivers_may_connect(cases[i].uid, cases[i].all, cases[i].own),
		    cases[i].allowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
