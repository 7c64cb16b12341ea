/* SPDX-License-Identifier: ISC */
#include "queue/spool/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/spool/envelope_syntax.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/rename.h"

/* Ids are 16 microseconds apart: so many in a row are in use only where something is
 * wrong, such as a clock that stands still. */
#define COLLISIONS_MAX 10000

#define PROC_NAME_SIZE sizeof("/proc/self/fd/-2147483648")

static void
proc_name(int fd, char name[PROC_NAME_SIZE])
{
	(void)snprintf(name, PROC_NAME_SIZE, "/proc/self/fd/%d", fd);
}

bool
publish_possible(int fd)
{
	char name[PROC_NAME_SIZE];
	struct stat st;

	proc_name(fd, name);
	return fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void
publish_dot_name(const char key[ENVELOPE_KEY_SIZE], char name[PUBLISH_NAME_SIZE])
{
	(void)snprintf(name, PUBLISH_NAME_SIZE, ".%s", key);
}

int
publish_find_dot_name(int fd, char name[PUBLISH_NAME_SIZE])
{
	/* The header begins with the version's line, "key: " and the key. */
	const off_t key_offset = sizeof(ENVELOPE_MAGIC "1\nkey: ") - 1;
	char key[ENVELOPE_KEY_SIZE] = "";
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	name[0] = '\0';
	if (st.st_nlink == 0)
		return 0;
	if (pread(fd, key, ENVELOPE_KEY_SIZE - 1, key_offset) == -1)
		return -1;
	if (!envelope_key_is_valid(key)) {
		errno = EINVAL;
		return -1;
	}
	publish_dot_name(key, name);
	return 0;
}

static int
give_name(int fd, int directory, const char *dot_name, const char *name)
{
	char proc[PROC_NAME_SIZE];

	if (dot_name[0] != '\0')
		return rename_exclusive(directory, dot_name, directory, name);
	proc_name(fd, proc);
	return linkat(AT_FDCWD, proc, directory, name, AT_SYMLINK_FOLLOW);
}

static int
give_free_id(int fd, int directory, const char *dot_name, uint64_t *id)
{
	uint64_t first = queue_id_now();

	for (uint64_t next = first; next < first + COLLISIONS_MAX; next++) {
		char name[QUEUE_ID_SIZE];

		queue_id_format(next, name);
		if (give_name(fd, directory, dot_name, name) == 0) {
			*id = next;
			return 0;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int
publish_file(int fd, int directory, const char *dot_name, uint64_t *id, struct error *error)
{
	char name[QUEUE_ID_SIZE];
	uint64_t given;

	/* First the contents: a name must never lead to a file that a power cut emptied. */
	if (fsync(fd) == -1)
		return error_set_errno(error, EX_TEMPFAIL, "cannot make the message durable");
	if (give_free_id(fd, directory, dot_name, &given) == -1)
		return error_set_errno(error, EX_TEMPFAIL, "cannot name the message");
	/* Then the name: without this a power cut loses it, on ext4, xfs and btrfs alike. */
	if (fsync(directory) == -1) {
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot make the message's name durable");
		queue_id_format(given, name);
		(void)unlinkat(directory, name, 0);
		return -1;
	}
	*id = given;
	return 0;
}
