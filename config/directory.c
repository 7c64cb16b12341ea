/* SPDX-License-Identifier: ISC */
#include "config/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

/* Returns 1 where a directory is there, 0 where nothing is, -1 and errno. */
static int
exists(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(st.st_mode))
		return 1;
	errno = ENOTDIR;
	return -1;
}

/* Owner before mode: a change of owner takes set-id bits away. */
static int
adorn(int fd, mode_t mode, uid_t owner, gid_t group)
{
	if (geteuid() == 0 && fchown(fd, owner, group) < 0)
		return -1;
	return fchmod(fd, mode);
}

/* Returns 0, or -1 and errno; somebody else's making it first is success. */
static int
create(const char *path, mode_t mode, uid_t owner, gid_t group)
{
	int saved;
	int result;
	int fd;

	if (mkdir(path, 0700) < 0)
		return errno == EEXIST && exists(path) == 1 ? 0 : -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	result = fd >= 0 ? adorn(fd, mode, owner, group) : -1;
	saved = errno;
	if (fd >= 0)
		close(fd);
	/* What was left half made would be taken for finished the next time. */
	if (result < 0)
		(void)rmdir(path);
	errno = saved;
	return result;
}

/* Create the missing directories above the last component of `path`. */
static int
create_parents(char *path)
{
	int result = 0;

	for (char *slash = path + 1; result == 0 && (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		result = exists(path);
		if (result == 0)
			result = create(path, 0755, (uid_t)-1, (gid_t)-1);
		else if (result > 0)
			result = 0;
		*slash = '/';
	}
	return result;
}

int
directory_ensure(const char *path, mode_t mode, uid_t owner, gid_t group, struct error *error)
{
	char copy[PATH_MAX];
	size_t length = strlcpy(copy, path, sizeof(copy));
	int present;

	if (length == 0 || length >= sizeof(copy)) {
		errno = length == 0 ? ENOENT : ENAMETOOLONG;
		return error_set_errno(error, EX_CANTCREAT, "cannot create directory %.200s", path);
	}
	while (length > 1 && copy[length - 1] == '/')
		copy[--length] = '\0';
	present = exists(copy);
	if (present == 0 && create_parents(copy) == 0 && create(copy, mode, owner, group) == 0)
		return 0;
	if (present == 1)
		return 0;
	return error_set_errno(error, EX_CANTCREAT, "cannot create directory %s", path);
}
