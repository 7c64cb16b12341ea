/* SPDX-License-Identifier: ISC */
#include "sendmail/staging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The device the file is on; it has no name, and is nobody else's. */
static dev_t
device_of_file(const char *directory)
{
	struct stat status;
	int fd;

	if (directory == NULL)
		assert_int_equal(unsetenv("TMPDIR"), 0);
	else
		assert_int_equal(setenv("TMPDIR", directory, 1), 0);
	fd = staging_open();
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_nlink, 0);
	close(fd);
	return status.st_dev;
}

static void
test_where_it_is(void **state)
{
	char directory[] = "/tmp/postoak-test-XXXXXX";
	dev_t in_memory = device_of_file("/nonexistent/directory");
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(stat(directory, &status), 0);
	/* Not every file system has files without names. */
	assert_true(
	    device_of_file(directory) == status.st_dev || device_of_file(directory) == in_memory);
	assert_true(device_of_file(NULL) == device_of_file("/tmp"));
	assert_true(device_of_file("relative") == device_of_file("/tmp"));
	assert_true(device_of_file("") == device_of_file("/tmp"));
	/* Nothing is left. */
	assert_int_equal(rmdir(directory), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
