/* SPDX-License-Identifier: ISC */
#include "queue/spool/spool_version.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "queue/spool/digits.h"

#define SPOOL_VERSION 1

/* Who lacks a descriptor must not take the spool for a wrong one. */
static int
status_of_fault(int code)
{
	if (code == ENOENT)
		return EX_NOINPUT;
	return error_file_status(code) == EX_OSERR ? EX_OSERR : EX_CONFIG;
}

int
spool_version_check(int root, const struct config *config, struct error *error)
{
	const char *path = config->directories.spool;
	char text[32] = "";
	const char *p = text;
	uint64_t version;
	ssize_t got;
	int fd;

	fd = openat(root, "version", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return error_set_errno(error, status_of_fault(errno), "%s/version", path);
	got = read(fd, text, sizeof(text) - 1);
	if (got == -1)
		(void)error_set_errno(error, status_of_fault(errno), "%s/version", path);
	(void)close(fd);
	if (got == -1)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (!digits_number(&p, &version) || *p != '\0' || version < SPOOL_VERSION)
		return error_set(error, EX_CONFIG, "%s/version is not a version", path);
	if (version > SPOOL_VERSION)
		return error_set(error, EX_CONFIG,
		    "%s has version %" PRIu64 ", made by a newer Postoak; this one knows %d", path,
		    version, SPOOL_VERSION);
	return 0;
}

/* Write, sync, then name: the usual order. */
static int
write_durably(int root, const char *name, uid_t owner, gid_t group)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", SPOOL_VERSION);
	int saved;
	int fd;

	fd = openat(root, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write(fd, text, (size_t)length) != length ||
	    (geteuid() == 0 && fchown(fd, owner, group) == -1) || fchmod(fd, 0644) == -1 ||
	    fsync(fd) == -1)
		goto fail;
	if (close(fd) == -1)
		return -1;
	/* Who was faster wrote the same. */
	if (renameat(root, name, root, "version") == -1)
		return -1;
	return fsync(root);

fail:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

int
spool_version_create(
    int root, uid_t owner, gid_t group, const struct config *config, struct error *error)
{
	char name[32];
	int result;

	if (faccessat(root, "version", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	(void)snprintf(name, sizeof(name), ".version.%08" PRIx32, arc4random());
	result = write_durably(root, name, owner, group);
	if (result == -1)
		(void)error_set_errno(error, EX_CANTCREAT, "%s/version", config->directories.spool);
	/* Still there only where it was not renamed. */
	(void)unlinkat(root, name, 0);
	return result;
}
