/* SPDX-License-Identifier: ISC */
#include "queue/ground.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/spool/spool.h"

static char directory[] = "/tmp/postoak-test-XXXXXX";
static struct config *config;
static int earlier = -1; /* the spool's lock, as an earlier runner has it */

/* In place of the system's: the earlier runner ends while we wait. */
int
nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	if (earlier >= 0)
		close(earlier);
	earlier = -1;
	return 0;
}

static int
set_up(void **state)
{
	char path[PATH_MAX];
	struct error error;
	FILE *file;

	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/postoak.yaml", directory);
	file = fopen(path, "w");
	if (file == NULL)
		return -1;
	fprintf(file,
	    "user: root\ndirectories: {spool: %s/spool, runtime: %s/run, state: %s/state}\n",
	    directory, directory, directory);
	if (fclose(file) != 0 || config_load(path, &config, &error) < 0)
		return -1;
	return spool_create(config, &error);
}

static int
tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	config_free(config);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) == 0 ? 0 : -1;
}

/* Whoever has to wait for the earlier runner has nothing to complain of afterwards. */
static void
test_waits_for_an_earlier_runner(void **state)
{
	struct error error = {0};
	struct ground ground;
	char path[PATH_MAX];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/spool/lock", directory);
	earlier = open(path, O_RDWR | O_CLOEXEC);
	assert_true(earlier >= 0);
	assert_int_equal(flock(earlier, LOCK_EX), 0);

	assert_int_equal(ground_prepare(&ground, config, -1, &error), 0);
	assert_int_equal(earlier, -1);
	assert_int_equal(error.status, 0);
	ground_release(&ground);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_waits_for_an_earlier_runner),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
