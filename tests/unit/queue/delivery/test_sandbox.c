/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/delivery/sandbox.h"

/* Made before the sandbox closes. */
static int old_socket = -1;
static int old_pipe[2];

/* Each returns true where the attempt failed as it should. */
static bool
denied(long result)
{
	return result < 0 && (errno == EPERM || errno == EACCES);
}

static bool
open_fails(void)
{
	return denied(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static bool
create_fails(void)
{
	return denied(open("/tmp/postoak-sandbox-test", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static bool
socket_fails(void)
{
	return denied(socket(AF_INET, SOCK_STREAM, 0));
}

static bool
connect_fails(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return denied(connect(old_socket, (struct sockaddr *)&address, sizeof(address)));
}

static bool
bind_fails(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	return denied(bind(old_socket, (struct sockaddr *)&address, sizeof(address)));
}

static bool
fork_fails(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return denied(pid);
}

static bool
exec_fails(void)
{
	char *const argv[] = {NULL};

	return denied(execve("/bin/true", argv, argv));
}

static bool
kill_fails(void)
{
	return denied(kill(getppid(), 0));
}

static bool
tgkill_of_others_fails(void)
{
	return denied(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static bool
ptrace_fails(void)
{
	return denied(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static bool
io_uring_fails(void)
{
	return denied(syscall(425, 1, NULL));
}

static bool
limits_of_others_stay(void)
{
	struct rlimit limit;

	return denied(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit)) &&
	       getrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool
signals_by_input_fail(void)
{
	return denied(fcntl(old_pipe[0], F_SETOWN, getppid())) &&
	       denied(fcntl(old_pipe[0], F_SETSIG, SIGKILL));
}

static bool
terminals_are_not_typed_on(void)
{
	char octet = 'x';

	return denied(ioctl(STDERR_FILENO, TIOCSTI, &octet));
}

/* The runner would wait in close(2), had it been given the descriptor. */
static bool
lingering_fails(void)
{
	struct linger linger = {1, 3600};
	int on = 1;

	return denied(setsockopt(old_socket, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger))) &&
	       setsockopt(old_socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)) == 0;
}

static bool
other_conventions_fail(void)
{
#if defined(__x86_64__)
	return denied(syscall(0x40000000 | SYS_getpid));
#else
	return true;
#endif
}

static bool
work_goes_on(void)
{
	char octet = 'x';
	void *memory =
	    mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory != MAP_FAILED && write(old_pipe[1], &octet, 1) == 1 &&
	       read(old_pipe[0], &octet, 1) == 1 && syscall(SYS_tgkill, getpid(), getpid(), 0) == 0;
}

static const struct {
	const char *name;
	bool (*attempt)(void);
} attempts[] = {
    {"open", open_fails},
    {"create", create_fails},
    {"socket", socket_fails},
    {"connect", connect_fails},
    {"bind", bind_fails},
    {"fork", fork_fails},
    {"exec", exec_fails},
    {"kill", kill_fails},
    {"tgkill", tgkill_of_others_fails},
    {"ptrace", ptrace_fails},
    {"io_uring", io_uring_fails},
    {"prlimit", limits_of_others_stay},
    {"fcntl", signals_by_input_fail},
    {"ioctl", terminals_are_not_typed_on},
    {"setsockopt", lingering_fails},
    {"x32", other_conventions_fail},
    {"work", work_goes_on},
};
#define ATTEMPTS (sizeof(attempts) / sizeof(attempts[0]))

/* Exit status 0; 100 where the sandbox refused; else 1 + the first attempt that went wrong. */
static int
in_sandbox(enum sandbox_mode mode)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_enter(mode, NULL) < 0)
			_exit(100);
		for (size_t i = 0; i < ATTEMPTS; i++)
			if (!attempts[i].attempt())
				_exit((int)i + 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
nothing_is_left_to_reach(void **state)
{
	int status = in_sandbox(SANDBOX_REQUIRED);

	(void)state;
	if (status == 100) {
		print_message("this kernel lacks Landlock or seccomp\n");
		skip();
	}
	if (status != 0)
		fail_msg("%s", attempts[status - 1].name);
}

static void
auto_never_refuses(void **state)
{
	(void)state;
	assert_int_not_equal(in_sandbox(SANDBOX_AUTO), 100);
}

static void
off_is_off(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(SANDBOX_OFF), 1); /* the first attempt succeeded */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_left_to_reach),
	    cmocka_unit_test(auto_never_refuses),
	    cmocka_unit_test(off_is_off),
	};

	old_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (old_socket < 0 || pipe2(old_pipe, O_CLOEXEC) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
