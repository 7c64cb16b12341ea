/*
 * Lines of a file of unknown origin: by pread, in memory of fixed size, in linear
 * time, up to a limit.
 */
#ifndef POSTOAK_SPOOL_LINE_READER_H
#define POSTOAK_SPOOL_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line that is given out, without its end. */
#define LINE_READER_MAX 4095

struct line_reader {
	int fd;
	bool zero_ends_line;
	uint64_t offset; /* in the file, of what comes next into the buffer */
	uint64_t limit;  /* where reading stops, as if the file ended */
	uint64_t end;    /* in the file, behind the line last given out */
	size_t start;    /* in the buffer, of what was not yet given out */
	size_t filled;   /* octets in the buffer */
	char buffer[65536];
};

enum line_result {
	LINE_OK,
	LINE_TOO_LONG, /* skipped; nothing is given out */
	LINE_END,      /* no further line with an end; what follows the last end is torn */
	LINE_ERROR,    /* errno says what */
};

/*
 * Begin at the start of `fd` and read at most `limit` octets. With
 * `zero_ends_line` an octet 0 ends a line as '\n' does: for logs that are
 * preallocated with zeros.
 */
void line_reader_init(struct line_reader *reader, int fd, uint64_t limit, bool zero_ends_line);

/*
 * The next line, in place with a NUL for its end, valid until the next call. It can
 * contain further NULs: compare strlen with *length.
 */
enum line_result line_reader_next(struct line_reader *reader, char **line, size_t *length);

#endif
