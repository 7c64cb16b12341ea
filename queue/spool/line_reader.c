/* SPDX-License-Identifier: ISC */
#include "queue/spool/line_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
line_reader_init(struct line_reader *reader, int fd, uint64_t limit, bool zero_ends_line)
{
	reader->fd = fd;
	reader->zero_ends_line = zero_ends_line;
	reader->offset = 0;
	reader->limit = limit;
	reader->end = 0;
	reader->start = 0;
	reader->filled = 0;
}

/* Read what fits behind the unfinished line. Returns octets read, 0 at the end, -1. */
static ssize_t
fill(struct line_reader *reader)
{
	char *space;
	size_t size;
	ssize_t got;

	memmove(reader->buffer, reader->buffer + reader->start, reader->filled - reader->start);
	reader->filled -= reader->start;
	reader->start = 0;
	space = reader->buffer + reader->filled;
	size = sizeof(reader->buffer) - reader->filled;
	if (size > reader->limit - reader->offset)
		size = (size_t)(reader->limit - reader->offset);
	do
		got = pread(reader->fd, space, size, (off_t)reader->offset);
	while (got == -1 && errno == EINTR);
	if (got <= 0)
		return got;
	if (reader->zero_ends_line)
		for (ssize_t i = 0; i < got; i++)
			if (space[i] == '\0')
				space[i] = '\n';
	reader->filled += (size_t)got;
	reader->offset += (uint64_t)got;
	return got;
}

enum line_result
line_reader_next(struct line_reader *reader, char **line, size_t *length)
{
	bool too_long = false;
	size_t scanned = 0;
	ssize_t got;

	for (;;) {
		char *start = reader->buffer + reader->start;
		size_t available = reader->filled - reader->start;
		char *end = memchr(start + scanned, '\n', available - scanned);

		if (end != NULL) {
			*end = '\0';
			*line = start;
			*length = (size_t)(end - start);
			reader->start += *length + 1;
			reader->end = reader->offset - (reader->filled - reader->start);
			return too_long || *length > LINE_READER_MAX ? LINE_TOO_LONG : LINE_OK;
		}
		scanned = available;
		if (available > LINE_READER_MAX) {
			/* Nobody wants the start of it: make room for its end. */
			too_long = true;
			reader->start = reader->filled;
			scanned = 0;
		}
		got = fill(reader);
		if (got <= 0)
			return got == 0 ? LINE_END : LINE_ERROR;
	}
}
