/*
 * What comes in becomes a message in canonical wire form: lines of any length that
 * end with CRLF, no bare CR or LF, no NUL, header and body told apart. Memory is
 * bounded whatever comes.
 *
 * Callers mix line ends within one message (PHP does), so every line is treated by
 * itself: all CRs before its LF go, a CR within it becomes a space, a NUL goes, and
 * the last line gets its end. Leading "From " lines of a mailbox file are dropped.
 * The header ends at the first empty line, or before the first line that cannot
 * belong to it, which is the body's first line.
 */
#ifndef POSTOAK_SENDMAIL_CANONICAL_H
#define POSTOAK_SENDMAIL_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

/* Where the message goes. A failure (-1, `error` filled) ends the message. */
struct canonical_sink {
	/* Once, before any body: the header's fields, without the empty line. */
	int (*header)(void *context, const char *header, size_t length, struct error *error);
	/* The body, in pieces of any size. */
	int (*body)(void *context, const char *data, size_t length, struct error *error);
	void *context;
};

struct canonical;

/* With `dot_ends` a line with nothing but a dot ends the message. Null: no memory. */
struct canonical *canonical_new(const struct canonical_sink *sink, bool dot_ends);
void canonical_free(struct canonical *canonical);

/*
 * Take `length` octets as they came. Returns 0 to go on; 1 where a lone dot ended
 * the message, what follows it is dropped; -1 and `error`: EX_DATAERR and EMSGSIZE for
 * a header longer than HEADER_MAX, which is held in memory whole; EX_TEMPFAIL; what the
 * sink filled in.
 */
int canonical_feed(
    struct canonical *canonical, const char *data, size_t length, struct error *error);

/* The input ends: complete the last line, flush. Returns 0, or -1 and `error`. */
int canonical_finish(struct canonical *canonical, struct error *error);

#endif
