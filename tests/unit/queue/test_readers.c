/* SPDX-License-Identifier: ISC */
#include "queue/readers.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct spool no_spool = {-1, -1, -1, -1, -1, -1, -1, -1};

/* What a client that never reads does to a reader: it lives until `fd` ends. */
static int
stay(int fd, void *arg)
{
	char octet;

	(void)arg;
	return read(fd, &octet, 1) == 0 ? 0 : -1;
}

static bool
is_full(const struct readers *readers, uid_t uid)
{
	struct error error;

	return readers_check_room(readers, uid, &error) < 0;
}

static void
start(struct readers *readers, uid_t uid, int fd, size_t count)
{
	while (count-- > 0) {
		assert_false(is_full(readers, uid));
		assert_int_equal(readers_start(readers, uid, fd, stay, NULL), 0);
	}
	if (uid != 0)
		assert_true(is_full(readers, uid));
}

static void
reap_all(struct readers *readers)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, 0)) > 0) {
		assert_int_equal(status, 0);
		readers_reaped(readers, pid, status);
	}
}

static void
test_limits(void **state)
{
	struct readers *readers = readers_new(&no_spool);
	int pair[2];

	(void)state;
	assert_non_null(readers);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (uid_t uid = 1000; uid < 1008; uid++)
		start(readers, uid, pair[0], 4);
	assert_true(is_full(readers, 2000));
	start(readers, 0, pair[0], 8);
	assert_true(is_full(readers, 0));

	close(pair[1]);
	reap_all(readers);
	assert_false(is_full(readers, 0));
	assert_false(is_full(readers, 2000));
	close(pair[0]);
	readers_free(readers);
}

/* A runner that dies without a word; `ended` is open while a process of it lives. */
static _Noreturn void
be_killed(int busy, int ended)
{
	struct readers *readers = readers_new(&no_spool);

	/* The reader closes all but its own descriptor and these. */
	if (readers == NULL || dup2(ended, STDOUT_FILENO) < 0 ||
	    readers_start(readers, 1000, busy, stay, NULL) < 0)
		_exit(1);
	(void)raise(SIGKILL);
	_exit(1);
}

static void
test_ends_with_the_runner(void **state)
{
	int busy[2];
	int ended[2];
	char octet;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, busy), 0);
	assert_int_equal(pipe(ended), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_killed(busy[0], ended[1]);
	close(ended[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read(ended[0], &octet, 1), 0);
	close(ended[0]);
	close(busy[0]);
	close(busy[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_ends_with_the_runner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
