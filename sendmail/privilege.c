/* SPDX-License-Identifier: ISC */
#include "sendmail/privilege.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

static gid_t own_group;
static gid_t spool_group; /* the same without a set-gid bit */

static _Noreturn void
fail(void)
{
	perror("sendmail: cannot change privilege");
	_exit(EX_OSERR);
}

/*
 * Where nothing changes the kernel is not asked: a service's filter of system calls may
 * forbid it, and the set-gid bit does not count there either.
 */
static void
become(gid_t effective, gid_t saved)
{
	gid_t real, effective_now, saved_now;

	if (getresgid(&real, &effective_now, &saved_now) < 0)
		fail();
	if (effective_now == effective && saved_now == saved)
		return;
	if (setresgid((gid_t)-1, effective, saved) < 0)
		fail();
}

/* A set-uid bit, should somebody set it, serves nothing here. */
static void
drop_user(void)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0)
		fail();
	if ((effective != real || saved != real) && setresuid(real, real, real) < 0)
		fail();
}

void
privilege_init(void)
{
	drop_user();
	own_group = getgid();
	spool_group = getegid();
	become(own_group, spool_group);
}

void
privilege_raise(void)
{
	int saved_errno = errno;

	become(spool_group, spool_group);
	errno = saved_errno;
}

void
privilege_lower(void)
{
	int saved_errno = errno;

	become(own_group, spool_group);
	errno = saved_errno;
}

void
privilege_drop(void)
{
	spool_group = own_group;
	become(own_group, own_group);
}
