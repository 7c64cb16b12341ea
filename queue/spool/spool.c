/* SPDX-License-Identifier: ISC */
#include "queue/spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/spool/queue_id.h"
#include "queue/spool/spool_version.h"

static int
status_of_open(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	default:
		return EX_OSERR;
	}
}

static int
open_root(const struct config *config, int flags, struct error *error)
{
	const char *path = config->directories.spool;
	int fd = open(path, flags | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		(void)error_set_errno(error, status_of_open(errno), "%s", path);
	return fd;
}

static int
open_below(const struct config *config, int root, const char *name, struct error *error)
{
	/* Readable, because only such a descriptor can be synced. */
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		(void)error_set_errno(
		    error, status_of_open(errno), "%s/%s", config->directories.spool, name);
	return fd;
}

int
spool_open(const struct config *config, struct spool *spool, struct error *error)
{
	const struct {
		int *fd;
		const char *name;
	} directories[] = {
	    {&spool->incoming, "incoming"},
	    {&spool->queue, "queue"},
	    {&spool->hold, "hold"},
	    {&spool->history, "history"},
	    {&spool->undeliverable, "undeliverable"},
	    {&spool->corrupt, "corrupt"},
	};

	*spool = (struct spool){-1, -1, -1, -1, -1, -1, -1, -1};
	spool->root = open_root(config, O_RDONLY, error);
	if (spool->root == -1 || spool_version_check(spool->root, config, error) == -1)
		goto fail;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		*directories[i].fd = open_below(config, spool->root, directories[i].name, error);
		if (*directories[i].fd == -1)
			goto fail;
	}
	return 0;

fail:
	spool_close(spool);
	return -1;
}

int
spool_open_incoming(const struct config *config, struct error *error)
{
	int incoming = -1;
	int saved;
	int root;

	/* O_PATH: whoever submits may pass through the spool, not necessarily list it. */
	root = open_root(config, O_PATH, error);
	if (root == -1)
		return -1;
	/* Where there is none, another program is about to finish making the spool. */
	if (spool_version_check(root, config, error) == 0 || error->status == EX_NOINPUT)
		incoming = open_below(config, root, "incoming", error);
	saved = errno;
	(void)close(root);
	errno = saved;
	return incoming;
}

void
spool_close(struct spool *spool)
{
	int *const fds[] = {&spool->root, &spool->incoming, &spool->queue, &spool->hold,
	    &spool->history, &spool->undeliverable, &spool->corrupt, &spool->lock};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] != -1)
			(void)close(*fds[i]);
		*fds[i] = -1;
	}
}

int
spool_lock(struct spool *spool, struct error *error)
{
	int fd = openat(spool->root, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return error_set_errno(
		    error, status_of_open(errno), "cannot open the spool's lock");
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			(void)error_set(error, EX_TEMPFAIL, "another runner has the spool");
		else
			(void)error_set_errno(error, EX_OSERR, "cannot lock the spool");
		(void)close(fd);
		return -1;
	}
	spool->lock = fd;
	return 0;
}

int
spool_scan(int directory, void (*visit)(uint64_t id, void *context),
    void (*other)(const char *name, void *context), void *context)
{
	struct dirent *entry;
	uint64_t id;
	DIR *stream;
	int saved;
	int fd;

	/* A description of its own: positions in `directory` are shared with others. */
	fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	stream = fdopendir(fd);
	if (stream == NULL) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	for (errno = 0; (entry = readdir(stream)) != NULL; errno = 0) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (!queue_id_parse(name, &id)) {
			if (other != NULL)
				other(name, context);
		} else if (visit != NULL) {
			visit(id, context);
		}
	}
	saved = errno;
	(void)closedir(stream);
	errno = saved;
	return saved == 0 ? 0 : -1;
}
