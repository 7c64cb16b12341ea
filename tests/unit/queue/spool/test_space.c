/* SPDX-License-Identifier: ISC */
#include "queue/spool/space.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

static void
others_are_refused_at_twice_as_much(void **state)
{
	int directory = open("/tmp", O_RDONLY | O_DIRECTORY);
	struct error error;
	struct statvfs fs;
	uint64_t available;

	(void)state;
	assert_int_not_equal(directory, -1);
	assert_int_equal(fstatvfs(directory, &fs), 0);
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	assert_int_equal(space_check(directory, 0, false, &error), 0);
	assert_int_equal(space_check(directory, available / 4, false, &error), 0);
	assert_int_equal(space_check(directory, available / 4 * 3, true, &error), 0);
	assert_int_equal(space_check(directory, available / 4 * 3, false, &error), -1);
	assert_int_equal(error.status, EX_TEMPFAIL);
	assert_int_equal(space_check(directory, available * 2, true, &error), -1);
	assert_int_equal(error.status, EX_TEMPFAIL);
	assert_int_equal(space_check(directory, UINT64_MAX, true, &error), -1);
	close(directory);
	assert_int_equal(space_check(-1, 0, true, &error), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(others_are_refused_at_twice_as_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
