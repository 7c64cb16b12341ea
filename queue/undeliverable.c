/* SPDX-License-Identifier: ISC */
#include "queue/undeliverable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "queue/spool/queue_id.h"

/* A dot and the name. */
#define NEW_NAME_SIZE (QUEUE_ID_SIZE + 1)

static int
write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		length -= (size_t)done;
	}
	return 0;
}

static int
copy_contents(int from, int to)
{
	char buffer[65536];
	off_t offset = 0;
	ssize_t got;

	while ((got = pread(from, buffer, sizeof(buffer), offset)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || write_all(to, buffer, (size_t)got) < 0)
			return -1;
		offset += got;
	}
	return 0;
}

static int
copy(int directory, const char *name, int file)
{
	char new_name[NEW_NAME_SIZE];
	int result = -1;
	int saved;
	int fd;

	(void)snprintf(new_name, sizeof(new_name), ".%s", name);
	(void)unlinkat(directory, new_name, 0);
	fd =
	    openat(directory, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return -1;
	if (copy_contents(file, fd) == 0 && renameat(directory, new_name, directory, name) == 0)
		result = 0;
	saved = errno;
	if (result < 0)
		(void)unlinkat(directory, new_name, 0);
	close(fd);
	errno = saved;
	return result;
}

int
undeliverable_keep(struct context *context, uint64_t id, int file, sync_done *done, void *arg)
{
	const struct spool *spool = &context->spool;
	enum sync_operation operation = SYNC_FILE;
	char name[QUEUE_ID_SIZE];

	queue_id_format(id, name);
	/* A second name is as good as a copy, but the kernel gives it to the file's owner
	 * only (fs.protected_hardlinks), who is the one that submitted it. */
	if (linkat(spool->queue, name, spool->undeliverable, name, 0) < 0 && errno != EEXIST) {
		if (errno != EPERM || copy(spool->undeliverable, name, file) < 0)
			return -1;
		operation = SYNC_SYSTEM;
	}
	return syncer_ask(context->syncer, operation, spool->undeliverable, -1, done, arg);
}
