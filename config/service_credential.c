/* SPDX-License-Identifier: ISC */
#include "config/service_credential.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#define KEPT_MAX 64

static struct kept {
	char name[NAME_MAX + 1];
	int fd;
} kept[KEPT_MAX];
static size_t kept_count;
static bool are_kept;

static int
open_directory(void)
{
	const char *path = getenv("CREDENTIALS_DIRECTORY");

	if (path == NULL || *path != '/') {
		errno = ENXIO;
		return -1;
	}
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_in(int directory, const char *name)
{
	return openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

void
service_credentials_keep(void)
{
	int directory = open_directory();
	DIR *stream = directory < 0 ? NULL : fdopendir(directory);
	const struct dirent *entry;

	if (stream == NULL) {
		if (directory >= 0)
			close(directory);
		return;
	}
	are_kept = true;
	while (kept_count < KEPT_MAX && (entry = readdir(stream)) != NULL) {
		struct kept *next = &kept[kept_count];

		if (entry->d_name[0] == '.')
			continue;
		next->fd = open_in(dirfd(stream), entry->d_name);
		if (next->fd < 0)
			continue;
		strlcpy(next->name, entry->d_name, sizeof(next->name));
		kept_count++;
	}
	(void)closedir(stream);
}

int
service_credential_open(const char *name)
{
	int directory;
	int saved;
	int fd;

	for (size_t i = 0; i < kept_count; i++) {
		if (strcmp(kept[i].name, name) != 0)
			continue;
		fd = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			(void)lseek(fd, 0, SEEK_SET);
		return fd;
	}
	/* The directory is closed to the user we have become. */
	if (are_kept) {
		errno = ENOENT;
		return -1;
	}
	directory = open_directory();
	if (directory < 0)
		return -1;
	fd = open_in(directory, name);
	saved = errno;
	close(directory);
	errno = saved;
	return fd;
}
