/* SPDX-License-Identifier: ISC */
#include "queue/keep_descriptors.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* In a child: the test's own output must outlive it. */
static void
test_closes_what_is_not_named(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const int kept[] = {30, 20};
		bool right;

		for (int fd = 20; fd <= 40; fd += 5)
			if (dup2(STDERR_FILENO, fd) != fd)
				_exit(2);
		keep_descriptors(kept, 2);
		right = is_open(20) && is_open(30) && is_open(STDERR_FILENO);
		right = right && !is_open(25) && !is_open(35) && !is_open(40);
		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_closes_what_is_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
