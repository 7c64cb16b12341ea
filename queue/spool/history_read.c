/* SPDX-License-Identifier: ISC */
#include "queue/spool/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queue/spool/history_text.h"
#include "queue/spool/line_reader.h"
#include "queue/spool/queue_id.h"

#define WARNING "warning"

static int
keep_reply(struct history *history, size_t index, const char *reply)
{
	char *copy = strdup(reply);

	if (copy == NULL)
		return -1;
	free(history->replies[index]);
	history->replies[index] = copy;
	return 0;
}

static int
fold_recipient(struct history *history, const struct history_line *line)
{
	size_t index;

	if (line->index < 0 || (size_t)line->index >= history->count)
		return 0;
	index = (size_t)line->index;
	if (line->event == HISTORY_BOUNCE && history->states[index] == RECIPIENT_UNTOLD) {
		history->states[index] = RECIPIENT_FAILED;
		return 0;
	}
	if (line->event == HISTORY_BOUNCE || history->states[index] != RECIPIENT_PENDING)
		return 0;
	switch (line->event) {
	case HISTORY_DELIVERED:
		history->states[index] = RECIPIENT_DELIVERED;
		return 0;
	case HISTORY_FAILED:
		history->states[index] = RECIPIENT_UNTOLD;
		break;
	default:
		break;
	}
	return keep_reply(history, index, line->reply);
}

static int
fold(struct history *history, uint64_t when_us, const struct history_line *line)
{
	switch (line->event) {
	case HISTORY_ATTEMPT:
		history->attempts++;
		history->last_attempt_us = when_us;
		return 0;
	case HISTORY_DEFERRED:
	case HISTORY_DELIVERED:
	case HISTORY_FAILED:
		return fold_recipient(history, line);
	case HISTORY_BOUNCE:
		if (line->index >= 0)
			return fold_recipient(history, line);
		if (strncmp(line->reply, WARNING, strlen(WARNING)) == 0)
			history->warned = true;
		return 0;
	case HISTORY_HELD:
	case HISTORY_RELEASED:
		/* For people: what is held is in hold/. */
		return 0;
	}
	return 0;
}

/* Fold all complete lines. *other: the first one has not this key. */
static int
fold_file(int fd, const char *key, struct history *history, bool *other)
{
	struct line_reader reader;
	struct history_line event;
	bool first = true;
	uint64_t when_us;
	size_t length;
	char *line;

	line_reader_init(&reader, fd, HISTORY_SIZE_MAX, false);
	for (;;) {
		enum line_result result = line_reader_next(&reader, &line, &length);

		if (result == LINE_ERROR)
			return -1;
		if (result == LINE_END)
			break;
		if (first) {
			*other = result == LINE_TOO_LONG || strncmp(line, "key: ", 5) != 0 ||
				 strcmp(line + 5, key) != 0;
			if (*other)
				return 0;
			first = false;
			continue;
		}
		if (result == LINE_OK && history_text_parse(line, length, &when_us, &event) &&
		    fold(history, when_us, &event) == -1)
			return -1;
	}
	*other = first;
	return 0;
}

static int
make_empty(struct history *history, const struct envelope *envelope)
{
	memset(history, 0, sizeof(*history));
	history->count = envelope->recipient_count + 1;
	history->states = calloc(history->count, sizeof(history->states[0]));
	history->replies = calloc(history->count, sizeof(history->replies[0]));
	if (history->states != NULL && history->replies != NULL)
		return 0;
	history_free(history);
	errno = ENOMEM;
	return -1;
}

int
history_read(const struct spool *spool, uint64_t id, const struct envelope *envelope,
    struct history *history)
{
	char name[QUEUE_ID_SIZE];
	bool other = false;
	struct stat st;
	int saved;
	int fd;

	if (make_empty(history, envelope) == -1)
		return -1;
	queue_id_format(id, name);
	fd = openat(spool->history, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ENOENT)
			return 0;
		goto fail;
	}
	if (fstat(fd, &st) == -1 || fold_file(fd, envelope->key, history, &other) == -1)
		goto fail;
	(void)close(fd);
	if (other) {
		/* Where it stays, history_append replaces it. */
		(void)history_remove(spool, id);
		return 0;
	}
	history->exists = true;
	history->next_attempt = st.st_mtime;
	return 0;

fail:
	saved = errno;
	if (fd != -1)
		(void)close(fd);
	history_free(history);
	errno = saved;
	return -1;
}

void
history_free(struct history *history)
{
	for (size_t i = 0; history->replies != NULL && i < history->count; i++)
		free(history->replies[i]);
	free(history->replies);
	free(history->states);
	memset(history, 0, sizeof(*history));
}
