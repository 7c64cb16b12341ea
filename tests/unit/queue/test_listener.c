/* SPDX-License-Identifier: ISC */
#include "queue/listener.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/postoak-test-XXXXXX";
static const struct config config = {.directories = {.runtime = directory}};

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

static void
test_everybody_may_connect(void **state)
{
	struct listener listener;
	struct error error;
	struct stat status;

	(void)state;
	if (listener_open(&listener, &config, "name", &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(stat(listener.path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0666);
	assert_true((fcntl(listener.fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(listener.fd, F_GETFD) & FD_CLOEXEC) != 0);
	listener_close(&listener);
	listener_close(&listener);
	assert_int_equal(stat(listener.path, &status), -1);
}

static void
test_what_an_earlier_runner_left(void **state)
{
	struct listener earlier;
	struct listener listener;
	struct error error;

	(void)state;
	assert_int_equal(listener_open(&earlier, &config, "name", &error), 0);
	close(earlier.fd);
	assert_int_equal(listener_open(&listener, &config, "name", &error), 0);
	listener_close(&listener);
}

static void
test_failures(void **state)
{
	static char missing[] = "/nonexistent/directory";
	struct config other = {.directories = {.runtime = missing}};
	struct listener listener;
	struct error error;
	char name[200];

	(void)state;
	assert_int_equal(listener_open(&listener, &other, "name", &error), -1);
	assert_int_equal(error.status, EX_CANTCREAT);
	listener_close(&listener);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(listener_open(&listener, &config, name, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	listener_close(&listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everybody_may_connect),
	    cmocka_unit_test(test_what_an_earlier_runner_left),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
