/* SPDX-License-Identifier: ISC */
#include "queue/spool/rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/*
 * For file systems without RENAME_NOREPLACE (NFS, some FUSE): claim the name with
 * an empty file, then rename over that. link(2) and unlink(2) would not do:
 * fs.protected_hardlinks refuses to link the file of another user, which is what
 * the runner has to move. Dying in between leaves an empty file, which is torn.
 */
static int
claim_and_rename(int from_directory, const char *from, int to_directory, const char *to)
{
	int saved;
	int fd;

	fd = openat(to_directory, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd == -1)
		return -1;
	(void)close(fd);
	if (renameat(from_directory, from, to_directory, to) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(to_directory, to, 0);
	errno = saved;
	return -1;
}

int
rename_exclusive(int from_directory, const char *from, int to_directory, const char *to)
{
	if (renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return claim_and_rename(from_directory, from, to_directory, to);
}
