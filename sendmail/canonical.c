/* SPDX-License-Identifier: ISC */
#include "sendmail/canonical.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "queue/message/header.h"

/* A line that is longer shows by its beginning whether it is a header field. */
#define LINE_DECIDED 1000

#define BODY_BUFFER 32768

enum line_kind {
	LINE_UNDECIDED,
	LINE_FIELD, /* a header field or its continuation */
	LINE_FROM,  /* "From " of a mailbox file */
	LINE_BODY,  /* no header line: the body begins with it */
};

struct canonical {
	struct canonical_sink sink;
	bool dot_ends;
	bool ended; /* by a lone dot */

	bool in_line;            /* the current line has octets */
	bool dot_held;           /* so far they are one dot, not yet passed on */
	size_t carriage_returns; /* passed on as spaces if the line goes on after them */

	bool in_header;
	enum line_kind kind; /* of the current header line */
	char *header;
	size_t header_length;
	size_t header_size;
	size_t line_start; /* of the current line in `header` */

	size_t body_length;
	char body[BODY_BUFFER];
};

struct canonical *
canonical_new(const struct canonical_sink *sink, bool dot_ends)
{
	struct canonical *canonical = calloc(1, sizeof *canonical);

	if (canonical == NULL)
		return NULL;
	canonical->sink = *sink;
	canonical->dot_ends = dot_ends;
	canonical->in_header = true;
	return canonical;
}

void
canonical_free(struct canonical *canonical)
{
	if (canonical == NULL)
		return;
	free(canonical->header);
	free(canonical);
}

static int
flush_body(struct canonical *canonical, struct error *error)
{
	size_t length = canonical->body_length;

	canonical->body_length = 0;
	if (length == 0)
		return 0;
	return canonical->sink.body(canonical->sink.context, canonical->body, length, error);
}

static int
append_body(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	if (length > BODY_BUFFER - canonical->body_length && flush_body(canonical, error) < 0)
		return -1;
	if (length > BODY_BUFFER)
		return canonical->sink.body(canonical->sink.context, data, length, error);
	memcpy(canonical->body + canonical->body_length, data, length);
	canonical->body_length += length;
	return 0;
}

/* The header is complete; what is in the buffer after `length` begins the body. */
static int
end_header(struct canonical *canonical, size_t length, struct error *error)
{
	canonical->in_header = false;
	if (canonical->sink.header(canonical->sink.context,
		canonical->header != NULL ? canonical->header : "", length, error) < 0)
		return -1;
	if (length < canonical->header_length && append_body(canonical, canonical->header + length,
						     canonical->header_length - length, error) < 0)
		return -1;
	free(canonical->header);
	canonical->header = NULL;
	return 0;
}

static bool
is_mailbox_from(const char *line, size_t length)
{
	while (length > 0 && *line == '>') {
		line++;
		length--;
	}
	return length >= 5 && memcmp(line, "From ", 5) == 0;
}

/* Decide what the current header line, of which all or enough is there, is. */
static enum line_kind
classify(const struct canonical *canonical)
{
	const char *line = canonical->header + canonical->line_start;
	size_t length = canonical->header_length - canonical->line_start;
	bool first = canonical->line_start == 0;

	if (first && is_mailbox_from(line, length))
		return LINE_FROM;
	if (!first && (*line == ' ' || *line == '\t'))
		return LINE_FIELD;
	return header_line_name(line, length) > 0 ? LINE_FIELD : LINE_BODY;
}

static int
decide(struct canonical *canonical, struct error *error)
{
	canonical->kind = classify(canonical);
	if (canonical->kind == LINE_FROM)
		canonical->header_length = canonical->line_start;
	else if (canonical->kind == LINE_BODY)
		return end_header(canonical, canonical->line_start, error);
	return 0;
}

static int
reserve_header(struct canonical *canonical, size_t length, struct error *error)
{
	size_t needed = canonical->header_length + length;
	size_t size = canonical->header_size > 0 ? canonical->header_size : 8192;
	char *larger;

	if (length > HEADER_MAX || needed > HEADER_MAX) {
		errno = EMSGSIZE;
		error_set(error, EX_DATAERR, "message header is longer than %zu MiB",
		    HEADER_MAX / (1024 * 1024));
		return -1;
	}
	if (canonical->header != NULL && needed <= canonical->header_size)
		return 0;
	while (size < needed)
		size *= 2;
	larger = realloc(canonical->header, size);
	if (larger == NULL) {
		error_set_errno(error, EX_TEMPFAIL, "message header");
		return -1;
	}
	canonical->header = larger;
	canonical->header_size = size;
	return 0;
}

static int
append_header(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	while (length > 0 && canonical->in_header && canonical->kind != LINE_FROM) {
		size_t line = canonical->header_length - canonical->line_start;
		size_t take = length;

		/* Stop at the point of decision, so that a body of one endless line
		 * does not count as header. */
		if (canonical->kind == LINE_UNDECIDED && take > LINE_DECIDED - line)
			take = LINE_DECIDED - line;
		if (reserve_header(canonical, take, error) < 0)
			return -1;
		memcpy(canonical->header + canonical->header_length, data, take);
		canonical->header_length += take;
		data += take;
		length -= take;
		if (canonical->kind == LINE_UNDECIDED && line + take == LINE_DECIDED &&
		    decide(canonical, error) < 0)
			return -1;
	}
	if (length > 0 && !canonical->in_header)
		return append_body(canonical, data, length, error);
	return 0;
}

static int
append(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	canonical->in_line = true;
	if (canonical->in_header)
		return append_header(canonical, data, length, error);
	return append_body(canonical, data, length, error);
}

/* The line goes on: what was held back because it might have been its end is text. */
static int
release(struct canonical *canonical, struct error *error)
{
	static const char spaces[] = "                                ";

	if (canonical->dot_held) {
		canonical->dot_held = false;
		if (append(canonical, ".", 1, error) < 0)
			return -1;
	}
	while (canonical->carriage_returns > 0) {
		size_t count = sizeof spaces - 1;

		if (count > canonical->carriage_returns)
			count = canonical->carriage_returns;
		if (append(canonical, spaces, count, error) < 0)
			return -1;
		canonical->carriage_returns -= count;
	}
	return 0;
}

/* Octets of a line, without CR, LF and NUL. */
static int
put_text(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	if (length == 0)
		return 0;
	if (canonical->dot_ends && !canonical->in_line && canonical->carriage_returns == 0 &&
	    length == 1 && *data == '.') {
		canonical->in_line = true;
		canonical->dot_held = true;
		return 0;
	}
	if (release(canonical, error) < 0)
		return -1;
	return append(canonical, data, length, error);
}

/* A line of the header is complete. */
static int
end_header_line(struct canonical *canonical, struct error *error)
{
	enum line_kind kind;

	if (!canonical->in_line)
		return end_header(canonical, canonical->header_length, error);
	if (canonical->kind == LINE_UNDECIDED && decide(canonical, error) < 0)
		return -1;
	kind = canonical->kind;
	canonical->kind = LINE_UNDECIDED;
	if (kind == LINE_FROM)
		return 0;
	if (kind == LINE_BODY)
		return append_body(canonical, "\r\n", 2, error);
	if (reserve_header(canonical, 2, error) < 0)
		return -1;
	canonical->header[canonical->header_length++] = '\r';
	canonical->header[canonical->header_length++] = '\n';
	canonical->line_start = canonical->header_length;
	return 0;
}

static int
end_line(struct canonical *canonical, struct error *error)
{
	int result = 0;

	canonical->carriage_returns = 0;
	if (canonical->dot_held) {
		canonical->dot_held = false;
		canonical->ended = true;
	} else if (canonical->in_header) {
		result = end_header_line(canonical, error);
	} else {
		result = append_body(canonical, "\r\n", 2, error);
	}
	canonical->in_line = false;
	return result;
}

/* Octets of a line without CR and LF, which may have NULs. */
static int
put_without_nul(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	const char *end = data + length;

	while (data < end) {
		const char *nul = memchr(data, '\0', (size_t)(end - data));
		const char *stop = nul != NULL ? nul : end;

		if (put_text(canonical, data, (size_t)(stop - data), error) < 0)
			return -1;
		data = nul != NULL ? nul + 1 : end;
	}
	return 0;
}

/* Octets of a line without LF. */
static int
put_piece(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	const char *end = data + length;

	while (data < end) {
		const char *cr = memchr(data, '\r', (size_t)(end - data));
		const char *stop = cr != NULL ? cr : end;

		if (put_without_nul(canonical, data, (size_t)(stop - data), error) < 0)
			return -1;
		if (cr != NULL)
			canonical->carriage_returns++;
		data = cr != NULL ? cr + 1 : end;
	}
	return 0;
}

int
canonical_feed(struct canonical *canonical, const char *data, size_t length, struct error *error)
{
	const char *end = data + length;

	while (data < end && !canonical->ended) {
		const char *lf = memchr(data, '\n', (size_t)(end - data));
		const char *stop = lf != NULL ? lf : end;

		if (put_piece(canonical, data, (size_t)(stop - data), error) < 0)
			return -1;
		if (lf != NULL && end_line(canonical, error) < 0)
			return -1;
		data = lf != NULL ? lf + 1 : end;
	}
	return canonical->ended ? 1 : 0;
}

int
canonical_finish(struct canonical *canonical, struct error *error)
{
	if (canonical->in_line && end_line(canonical, error) < 0)
		return -1;
	if (canonical->in_header && end_header(canonical, canonical->header_length, error) < 0)
		return -1;
	return flush_body(canonical, error);
}
