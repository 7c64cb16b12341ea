/* SPDX-License-Identifier: ISC */
#include "queue/spool/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/text_stream.h"
#include "queue/spool/history_text.h"
#include "queue/spool/queue_id.h"

/* "key: ", the key, line end. */
#define KEY_LINE_SIZE (5 + ENVELOPE_KEY_SIZE)

/* What ends a torn tail before the next line: no reader takes a line with a control
 * character in it, so that half a number cannot pass for a whole one. */
#define TAIL_END "\x18\n"

enum beginning { BEGINNING_OURS, BEGINNING_OTHER, BEGINNING_ERROR };

/* Whether the history begins with this key; a torn first line is another's. */
static enum beginning
check_key(int fd, const char *key)
{
	char expected[KEY_LINE_SIZE + 1];
	char found[KEY_LINE_SIZE];
	ssize_t got;

	(void)snprintf(expected, sizeof(expected), "key: %s\n", key);
	do
		got = pread(fd, found, sizeof(found), 0);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return BEGINNING_ERROR;
	return got == KEY_LINE_SIZE && memcmp(found, expected, sizeof(found)) == 0
		   ? BEGINNING_OURS
		   : BEGINNING_OTHER;
}

static int
open_history(const struct spool *spool, const char *name, int flags)
{
	return openat(
	    spool->history, name, flags | O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * Open the message's history for appending; one of another message that had this id is
 * replaced. *fresh where it is still without its first line.
 */
static int
open_for_append(const struct spool *spool, uint64_t id, const char *key, bool *fresh)
{
	char name[QUEUE_ID_SIZE];
	int saved;
	int fd;

	queue_id_format(id, name);
	*fresh = false;
	fd = open_history(spool, name, 0);
	if (fd != -1) {
		switch (check_key(fd, key)) {
		case BEGINNING_OURS:
			return fd;
		case BEGINNING_OTHER:
			(void)close(fd);
			if (unlinkat(spool->history, name, 0) == -1)
				return -1;
			break;
		case BEGINNING_ERROR:
			saved = errno;
			(void)close(fd);
			errno = saved;
			return -1;
		}
	} else if (errno != ENOENT) {
		return -1;
	}
	*fresh = true;
	return open_history(spool, name, O_CREAT | O_EXCL);
}

/* Write all or nothing: half a batch would be repeated by who is told that it failed. */
static int
append(int fd, const char *text, size_t length, off_t old_size)
{
	ssize_t done;
	int saved;

	do
		done = write(fd, text, length);
	while (done == -1 && errno == EINTR);
	if (done == (ssize_t)length)
		return 0;
	saved = done == -1 ? errno : ENOSPC;
	if (ftruncate(fd, old_size) == -1)
		saved = errno;
	errno = saved;
	return -1;
}

static bool
is_torn(int fd, off_t size)
{
	char last;

	return pread(fd, &last, 1, size - 1) != 1 || last != '\n';
}

static int
write_lines(int fd, bool fresh, const char *key, uint64_t now_us, const struct history_line *lines,
    size_t count)
{
	char *text = NULL;
	size_t length = 0;
	struct stat st;
	int result = -1;
	FILE *out;

	if (fstat(fd, &st) == -1)
		return -1;
	out = text_stream_open(&text, &length);
	if (out == NULL)
		return -1;
	if (fresh)
		(void)fprintf(out, "key: %s\n", key);
	else if (is_torn(fd, st.st_size))
		(void)fputs(TAIL_END, out);
	for (size_t i = 0; i < count; i++)
		history_text_write(out, now_us, &lines[i]);
	if (fclose(out) == 0)
		result = append(fd, text, length, st.st_size);
	free(text);
	return result;
}

int
history_append(const struct spool *spool, uint64_t id, const char *key, uint64_t now_us,
    const struct history_line *lines, size_t count)
{
	int result;
	bool fresh;
	int saved;
	int fd;

	for (size_t i = 0; i < count; i++)
		if (history_event_has_recipient(lines[i].event) && lines[i].index < 0) {
			errno = EINVAL;
			return -1;
		}
	fd = open_for_append(spool, id, key, &fresh);
	if (fd == -1)
		return -1;
	result = write_lines(fd, fresh, key, now_us, lines, count);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return result;
}

int
history_schedule(const struct spool *spool, uint64_t id, time_t next_attempt)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = next_attempt}};
	char name[QUEUE_ID_SIZE];

	queue_id_format(id, name);
	return utimensat(spool->history, name, times, AT_SYMLINK_NOFOLLOW);
}

int
history_remove(const struct spool *spool, uint64_t id)
{
	char name[QUEUE_ID_SIZE];

	queue_id_format(id, name);
	return unlinkat(spool->history, name, 0) == 0 || errno == ENOENT ? 0 : -1;
}
