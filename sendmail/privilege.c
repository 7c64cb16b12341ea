/* SPDX-License-Identifier: ISC */
#include "sendmail/privilege.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static gid_t own_group;
static gid_t spool_group; /* the same without a set-gid bit */

static void
become(gid_t effective, gid_t saved)
{
	if (setresgid((gid_t)-1, effective, saved) < 0)
		_exit(EX_OSERR);
}

void
privilege_init(void)
{
	uid_t uid = getuid();

	/* A set-uid bit, should somebody set it, serves nothing here. */
	if (setresuid(uid, uid, uid) < 0)
		_exit(EX_OSERR);
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
