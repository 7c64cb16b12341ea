/* SPDX-License-Identifier: ISC */
#include "sendmail/submit_socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned sends_left; /* before send(2) lacks memory */

/* In place of the system's: what it lacks now and then is hard to take away. */
ssize_t
send(int fd, const void *data, size_t length, int flags)
{
	(void)flags;
	if (sends_left == 0) {
		errno = ENOBUFS;
		return -1;
	}
	sends_left--;
	return write(fd, data, length);
}

/* A receiver: it reads to the end, which makes no message. */
static _Noreturn void
receive(int listener)
{
	static const char answer[] = "65 the message file ends within its header\n";
	char buffer[4096];
	int fd = accept(listener, NULL, NULL);
	ssize_t got;

	do
		got = read(fd, buffer, sizeof(buffer));
	while (got > 0);
	_exit(write(fd, answer, sizeof(answer) - 1) < 0);
}

/* What could not be handed over may be tried again: it is not damaged. */
static void
test_lack_of_memory(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/postoak-XXXXXX";
	struct config config = {.directories.runtime = directory};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int file = memfd_create("message", 0);
	struct error error = {0};
	uint64_t id;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/submit", directory);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(write(file, "message", 7), 7);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		receive(listener);

	sends_left = 1;
	assert_int_equal(submit_socket_send(&config, file, true, "test", &id, &error), -1);
	assert_int_equal(error.status, EX_TEMPFAIL);

	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(file);
	close(listener);
	(void)unlink(address.sun_path);
	(void)rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
