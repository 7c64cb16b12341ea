/* SPDX-License-Identifier: ISC */
#include "queue/spool/take.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "queue/spool/queue_id.h"
#include "queue/spool/rename.h"

/* Whoever may configure message_size_limit, no file is larger than this. */
#define TAKE_SIZE_MAX (ENVELOPE_HEADER_MAX + (INT64_C(16) << 30))

/* Names that are tried for a message whose own is in use. */
#define COLLISIONS_MAX 10000

#define SWEEP_AGE (7 * 24 * 60 * 60)

/* A ctime far ahead is from before the clock was set back: that file is not young. */
static bool
is_young(const struct stat *st)
{
	time_t age = time(NULL) - st->st_ctime;

	return age <= TAKE_AGE && age >= -TAKE_AGE;
}

/* What the submitter's file must be before a single octet of it counts. */
static int
check_file(const struct stat *st, struct error *error)
{
	if (!S_ISREG(st->st_mode))
		return error_set(error, EX_DATAERR, "not a regular file");
	if (st->st_nlink != 1)
		return error_set(
		    error, EX_DATAERR, "the file has %ju names", (uintmax_t)st->st_nlink);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return error_set(error, EX_DATAERR, "others may write to the file (mode %04o)",
		    (unsigned)(st->st_mode & 07777));
	if (st->st_size > TAKE_SIZE_MAX)
		return error_set(error, EX_DATAERR, "the file is absurdly large");
	return 0;
}

static enum take_result
result_of_read(const struct error *error)
{
	switch (error->status) {
	case EX_DATAERR:
		return TAKE_CORRUPT;
	case EX_UNAVAILABLE:
		return TAKE_NEWER;
	default:
		return TAKE_FAILED;
	}
}

/* Read the envelope of the open file, whose owner is who submitted it. */
static enum take_result
examine(const struct spool *spool, int fd, bool only_old, struct envelope *envelope,
    struct error *error)
{
	struct stat spool_st;
	struct stat st;

	if (fstat(fd, &st) == -1 || fstat(spool->queue, &spool_st) == -1) {
		(void)error_set_errno(error, EX_IOERR, "cannot examine the file");
		return TAKE_FAILED;
	}
	if (only_old && is_young(&st))
		return TAKE_YOUNG;
	if (check_file(&st, error) == -1)
		return TAKE_CORRUPT;
	if (envelope_read(fd, envelope, error) == -1)
		return result_of_read(error);
	/* Only the spool's owner may speak for others: that is the receiver. */
	if (st.st_uid != spool_st.st_uid)
		envelope->uid = st.st_uid;
	return TAKE_OK;
}

static enum take_result
open_and_examine(const struct spool *spool, const char *name, bool only_old,
    struct envelope *envelope, struct error *error)
{
	enum take_result result;
	int fd;

	/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
	fd = openat(
	    spool->incoming, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd != -1) {
		result = examine(spool, fd, only_old, envelope, error);
		(void)close(fd);
		return result;
	}
	switch (errno) {
	case ENOENT:
		return TAKE_ABSENT;
	case ELOOP: /* a symbolic link */
	case ENXIO: /* a socket, or a device without a driver */
	case ENODEV:
		(void)error_set(error, EX_DATAERR, "not a regular file");
		return TAKE_CORRUPT;
	default:
		/* EACCES too: better left than all mail moved away, when it is the
		 * runner that lacks its group. */
		(void)error_set_errno(error, EX_TEMPFAIL, "cannot open the file");
		return TAKE_FAILED;
	}
}

static bool
exists(int directory, const char *name)
{
	struct stat st;

	return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Move it to queue/ under its own id, or where that is in use under the next free
 * one. The move is not synced: where it is lost, the message is taken again. */
static int
move_to_queue(const struct spool *spool, uint64_t *id, struct error *error)
{
	char name[QUEUE_ID_SIZE];
	uint64_t next = *id;

	queue_id_format(*id, name);
	for (int tries = 0; tries < COLLISIONS_MAX; tries++, next++) {
		char new_name[QUEUE_ID_SIZE];

		queue_id_format(next, new_name);
		if (exists(spool->hold, new_name) ||
		    (next != *id && exists(spool->incoming, new_name)))
			continue;
		if (rename_exclusive(spool->incoming, name, spool->queue, new_name) == 0) {
			*id = next;
			return 0;
		}
		if (errno != EEXIST)
			return error_set_errno(
			    error, EX_TEMPFAIL, "cannot move the file to the queue");
	}
	return error_set(error, EX_TEMPFAIL, "no free id for the file");
}

enum take_result
take_message(const struct spool *spool, uint64_t *id, int only_old, struct envelope *envelope,
    struct error *error)
{
	struct error own_error = {0};
	char name[QUEUE_ID_SIZE];
	enum take_result result;

	if (error == NULL)
		error = &own_error; /* its status decides */
	queue_id_format(*id, name);
	result = open_and_examine(spool, name, only_old != 0, envelope, error);
	if (result == TAKE_OK && move_to_queue(spool, id, error) == -1) {
		envelope_free(envelope);
		return TAKE_FAILED;
	}
	if (result == TAKE_CORRUPT && take_to_corrupt(spool, spool->incoming, name) == -1) {
		(void)error_prefix(error, "cannot move the file to corrupt/ (%s)", strerror(errno));
		return TAKE_FAILED;
	}
	return result;
}

int
take_to_corrupt(const struct spool *spool, int directory, const char *name)
{
	char new_name[NAME_MAX + 1];

	if (rename_exclusive(directory, name, spool->corrupt, name) == 0)
		return 0;
	for (int suffix = 1; errno == EEXIST && suffix < COLLISIONS_MAX; suffix++) {
		(void)snprintf(new_name, sizeof(new_name), "%.240s.%d", name, suffix);
		if (rename_exclusive(directory, name, spool->corrupt, new_name) == 0)
			return 0;
	}
	return -1;
}

struct sweep {
	int directory;
	time_t now;
};

static void
sweep_name(const char *name, void *context)
{
	const struct sweep *sweep = context;
	struct stat st;

	if (name[0] == '.' && fstatat(sweep->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sweep->now - st.st_mtime > SWEEP_AGE)
		(void)unlinkat(sweep->directory, name, 0);
}

void
take_sweep(const struct spool *spool)
{
	struct sweep sweep = {.directory = spool->incoming, .now = time(NULL)};

	(void)spool_scan(spool->incoming, NULL, sweep_name, &sweep);
	sweep.directory = spool->queue;
	(void)spool_scan(spool->queue, NULL, sweep_name, &sweep);
}
