/* SPDX-License-Identifier: ISC */
#include "queue/spool/delivered.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/sys/queue.h>

#include "queue/spool/delivered_fold.h"
#include "queue/spool/delivered_generation.h"
#include "queue/spool/delivered_text.h"

/* After a next generation could not be made, try again when so much more is written. */
#define PREPARE_STEP (64 * 1024)

/* On a disk that is nearly full a generation is as small as this rather than none. */
#define SMALLEST_GENERATION (64 * 1024)

/* A generation that takes no more lines. */
struct full {
	STAILQ_ENTRY(full) entries;
	uint64_t number;
	int fd; /* until delivered_previous or delivered_retire; -1 */
};

struct delivered {
	int root; /* the spool's */
	struct delivered_fold fold;

	STAILQ_HEAD(, full) full; /* oldest first */
	size_t full_count;
	size_t retiring; /* so many of them go at delivered_retire */

	int fd; /* the current generation, or -1 */
	uint64_t number;
	size_t offset; /* of the next line */
	size_t size;
	size_t prepare_at; /* the offset at which the next generation is made */

	int next_fd; /* made ahead, or -1 */
	uint64_t next_number;
	size_t next_size;
	uint64_t last_number; /* in use */
	bool directory_dirty;
};

static int
add_full(struct delivered *delivered, uint64_t number, int fd)
{
	struct full *full = malloc(sizeof(*full));

	if (full == NULL)
		return -1;
	full->number = number;
	full->fd = fd;
	STAILQ_INSERT_TAIL(&delivered->full, full, entries);
	delivered->full_count++;
	return 0;
}

/* `reserve` octets, and room for new lines: as much as there is, within bounds. */
static int
make_next(struct delivered *delivered, size_t reserve)
{
	uint64_t number = delivered->last_number + 1;
	size_t room = DELIVERED_GENERATION_SIZE;
	int fd;

	while ((fd = delivered_generation_create(delivered->root, number, reserve + room)) == -1) {
		if ((errno != ENOSPC && errno != EDQUOT) || room <= SMALLEST_GENERATION)
			return -1;
		room /= 2;
	}
	delivered->next_fd = fd;
	delivered->next_number = number;
	delivered->next_size = reserve + room;
	delivered->last_number = number;
	delivered->directory_dirty = true;
	return 0;
}

/* Go on in the next generation, made now where it was not made ahead. */
static int
rotate(struct delivered *delivered, size_t reserve)
{
	if (delivered->next_fd == -1 && make_next(delivered, reserve) == -1)
		return -1;
	if (delivered->fd != -1 && add_full(delivered, delivered->number, delivered->fd) == -1)
		return -1;
	delivered->fd = delivered->next_fd;
	delivered->number = delivered->next_number;
	delivered->next_fd = -1;
	delivered->offset = 0;
	delivered->size = delivered->next_size;
	delivered->prepare_at = reserve + (delivered->size - reserve) / 2;
	return 0;
}

static int
write_line(struct delivered *delivered, const char *text, size_t length)
{
	ssize_t done;

	do
		done = pwrite(delivered->fd, text, length, (off_t)delivered->offset);
	while (done == -1 && errno == EINTR);
	/* Half a line is bad by its checksum; the next line overwrites it. */
	if (done != (ssize_t)length) {
		if (done != -1)
			errno = ENOSPC;
		return -1;
	}
	delivered->offset += length;
	return 0;
}

int
delivered_append(
    struct delivered *delivered, const struct delivered_line *line, struct error *error)
{
	char text[DELIVERED_TEXT_SIZE];
	size_t length = delivered_text_format(line, text);

	if ((delivered->fd == -1 || delivered->offset + length > delivered->size) &&
	    rotate(delivered, 0) == -1)
		return error_set_errno(
		    error, EX_IOERR, "cannot begin another generation of the delivered log");
	if (write_line(delivered, text, length) == -1)
		return error_set_errno(error, EX_IOERR, "cannot write the delivered log");
	if (delivered->next_fd == -1 && delivered->offset >= delivered->prepare_at &&
	    make_next(delivered, 0) == -1)
		delivered->prepare_at = delivered->offset + PREPARE_STEP;
	return 0;
}

static int
read_generation(struct delivered *delivered, uint64_t number,
    bool (*live)(const struct delivered_line *line, void *context), void *context)
{
	int fd = delivered_generation_open(delivered->root, number);
	int result;
	int saved;

	if (fd == -1)
		return -1;
	result = delivered_fold_read(&delivered->fold, fd, live, context);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return result;
}

static int
read_generations(struct delivered *delivered,
    bool (*live)(const struct delivered_line *line, void *context), void *context,
    struct error *error)
{
	uint64_t *numbers;
	size_t count;

	if (delivered_generation_list(delivered->root, &numbers, &count) == -1)
		return error_set_errno(error, EX_IOERR, "cannot find the delivered log");
	for (size_t i = 0; i < count; i++) {
		if (read_generation(delivered, numbers[i], live, context) == -1 ||
		    add_full(delivered, numbers[i], -1) == -1) {
			(void)error_set_errno(
			    error, EX_IOERR, "cannot read delivered.%" PRIu64, numbers[i]);
			free(numbers);
			return -1;
		}
		delivered->last_number = numbers[i];
	}
	free(numbers);
	delivered_fold_finish(&delivered->fold);
	return 0;
}

static int
write_live_lines(struct delivered *delivered, struct error *error)
{
	const struct delivered_fold *fold = &delivered->fold;

	for (size_t i = 0; i < fold->count; i++)
		if (delivered_append(delivered, &fold->lines[i], error) == -1)
			return -1;
	if (fsync(delivered->fd) == -1 || fsync(delivered->root) == -1)
		return error_set_errno(error, EX_IOERR, "cannot make the delivered log durable");
	return 0;
}

/* What is live stays in the log, so that the old generations can go. */
static int
begin_generation(struct delivered *delivered, struct error *error)
{
	size_t live_size = delivered->fold.count * DELIVERED_TEXT_SIZE;

	if (rotate(delivered, live_size) == -1)
		return error_set_errno(error, EX_IOERR, "cannot begin the delivered log");
	if (write_live_lines(delivered, error) == -1) {
		/* Or every attempt would leave one. */
		delivered_generation_remove(delivered->root, delivered->number);
		return -1;
	}
	delivered->directory_dirty = false;
	return 0;
}

struct delivered *
delivered_open(const struct spool *spool,
    bool (*live)(const struct delivered_line *line, void *context), void *context,
    struct error *error)
{
	struct delivered *delivered = calloc(1, sizeof(*delivered));

	if (delivered == NULL) {
		(void)error_set_errno(error, EX_OSERR, "cannot read the delivered log");
		return NULL;
	}
	delivered->root = spool->root;
	delivered->fd = -1;
	delivered->next_fd = -1;
	STAILQ_INIT(&delivered->full);
	if (read_generations(delivered, live, context, error) == -1 ||
	    begin_generation(delivered, error) == -1) {
		delivered_free(delivered);
		return NULL;
	}
	return delivered;
}

void
delivered_recall(struct delivered *delivered, uint64_t id, const char *key,
    void (*apply)(uint32_t index, bool failed, void *context), void *context)
{
	delivered_fold_recall(&delivered->fold, id, key, apply, context);
}

int
delivered_file(const struct delivered *delivered)
{
	return delivered->fd;
}

int
delivered_previous(struct delivered *delivered)
{
	struct full *full;
	int fd;

	STAILQ_FOREACH(full, &delivered->full, entries)
	if (full->fd != -1) {
		fd = full->fd;
		full->fd = -1;
		return fd;
	}
	return -1;
}

bool
delivered_directory_dirty(struct delivered *delivered)
{
	bool dirty = delivered->directory_dirty;

	delivered->directory_dirty = false;
	return dirty;
}

void
delivered_abandon(struct delivered *delivered)
{
	/* The name of the one made ahead may be what could not be synced. */
	if (delivered->next_fd != -1) {
		(void)close(delivered->next_fd);
		delivered_generation_remove(delivered->root, delivered->next_number);
		delivered->next_fd = -1;
	}
	if (delivered->fd == -1)
		return;
	/* Without memory to note it, it stays until the next start. */
	(void)add_full(delivered, delivered->number, -1);
	(void)close(delivered->fd);
	delivered->fd = -1;
}

bool
delivered_retirable(struct delivered *delivered)
{
	if (delivered->retiring == 0)
		delivered->retiring = delivered->full_count;
	return delivered->retiring > 0;
}

static void
drop_oldest(struct delivered *delivered)
{
	struct full *full = STAILQ_FIRST(&delivered->full);

	STAILQ_REMOVE_HEAD(&delivered->full, entries);
	delivered->full_count--;
	if (full->fd != -1)
		(void)close(full->fd);
	free(full);
}

void
delivered_retire(struct delivered *delivered)
{
	for (; delivered->retiring > 0; delivered->retiring--) {
		delivered_generation_remove(
		    delivered->root, STAILQ_FIRST(&delivered->full)->number);
		drop_oldest(delivered);
	}
}

void
delivered_free(struct delivered *delivered)
{
	if (delivered == NULL)
		return;
	while (!STAILQ_EMPTY(&delivered->full))
		drop_oldest(delivered);
	if (delivered->fd != -1)
		(void)close(delivered->fd);
	if (delivered->next_fd != -1)
		(void)close(delivered->next_fd);
	delivered_fold_free(&delivered->fold);
	free(delivered);
}
