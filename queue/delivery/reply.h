/* A relay's reply: one or more lines with one code (RFC 5321 4.2). */
#ifndef POSTOAK_DELIVERY_REPLY_H
#define POSTOAK_DELIVERY_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "queue/delivery/stream.h"

#define REPLY_LINES_MAX 100
#define REPLY_TEXT_MAX 8192

struct reply {
	unsigned code;
	char enhanced[12]; /* of the first line, where its class fits the code; else "" */
	unsigned lines;
	size_t length;
	char text[REPLY_TEXT_MAX]; /* without codes, lines separated by LF; cut at the end */
};

void reply_begin(struct reply *reply);

/*
 * Add one line (without its end) to a reply begun with reply_begin. Returns 1 when
 * the reply is complete, 0 when another line follows, -1 for what is no reply: no
 * code, another code than before, more than REPLY_LINES_MAX lines.
 */
int reply_line(struct reply *reply, const char *line, size_t length);

/*
 * Flush the stream and wait for a whole reply. Returns 0, or -1 and errno as
 * stream_line, EPROTO for what is no reply.
 */
int reply_read(struct stream *stream, struct reply *reply, uint64_t deadline);

/* The whole reply as one line, "550 5.1.1 no such user", cut at `size`. */
void reply_describe(const struct reply *reply, char *text, size_t size);

#endif
