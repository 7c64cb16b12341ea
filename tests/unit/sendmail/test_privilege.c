/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "sendmail/privilege.h"

/* As a service's SystemCallFilter=~@privileged with SystemCallErrorNumber=EPERM. */
static int
forbid_changes_of_identity(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setresuid, 1, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setresgid, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* Without a privilege there is none to change; failing would end this process. */
static void
nothing_to_change_needs_no_leave(void **state)
{
	(void)state;
	if (forbid_changes_of_identity() < 0)
		skip();
	assert_int_equal(setresgid((gid_t)-1, getgid(), getgid()), -1);
	privilege_init();
	errno = EXDEV;
	privilege_raise();
	privilege_lower();
	assert_int_equal(errno, EXDEV);
	privilege_drop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_to_change_needs_no_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
