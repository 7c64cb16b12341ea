/* SPDX-License-Identifier: ISC */
#include "queue/delivery/reply.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

void
reply_begin(struct reply *reply)
{
	reply->code = 0;
	reply->enhanced[0] = '\0';
	reply->lines = 0;
	reply->length = 0;
	reply->text[0] = '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Octets of an enhanced status code (RFC 3463) at the start of `text`, of the class
 * that the reply code has; 0 where there is none.
 */
static size_t
enhanced_length(const char *text, size_t length, unsigned code)
{
	size_t at = 1;

	if (length == 0 || (unsigned)(text[0] - '0') != code / 100 || code / 100 == 3)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (at >= length || text[at++] != '.')
			return 0;
		while (at < length && is_digit(text[at]) && digits < 4) {
			at++;
			digits++;
		}
		if (digits < 1 || digits > 3)
			return 0;
	}
	return at == length || text[at] == ' ' ? at : 0;
}

static void
append(struct reply *reply, const char *text, size_t length)
{
	size_t room = sizeof(reply->text) - 1 - reply->length;

	if (length > room)
		length = room;
	for (size_t i = 0; i < length; i++)
		reply->text[reply->length + i] =
		    (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
	reply->length += length;
	reply->text[reply->length] = '\0';
}

static void
append_text(struct reply *reply, const char *text, size_t length)
{
	size_t skip = enhanced_length(text, length, reply->code);

	if (reply->lines == 1 && skip > 0)
		strlcpy(reply->enhanced, text,
		    skip + 1 < sizeof(reply->enhanced) ? skip + 1 : sizeof(reply->enhanced));
	if (skip > 0 && skip < length)
		skip++; /* the space */
	if (reply->lines > 1 && reply->length < sizeof(reply->text) - 1) {
		reply->text[reply->length++] = '\n';
		reply->text[reply->length] = '\0';
	}
	append(reply, text + skip, length - skip);
}

int
reply_line(struct reply *reply, const char *line, size_t length)
{
	unsigned code;

	if (length < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]))
		return -1;
	if (length > 3 && line[3] != ' ' && line[3] != '-')
		return -1;
	code = (unsigned)((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
	if (reply->lines > 0 && code != reply->code)
		return -1;
	if (reply->lines == REPLY_LINES_MAX)
		return -1;
	reply->code = code;
	reply->lines++;
	if (length > 4)
		append_text(reply, line + 4, length - 4);
	else
		append_text(reply, "", 0);
	return length > 3 && line[3] == '-' ? 0 : 1;
}

int
reply_read(struct stream *stream, struct reply *reply, uint64_t deadline)
{
	int complete = 0;

	reply_begin(reply);
	while (complete == 0) {
		const char *line;
		size_t length;

		if (stream_line(stream, &line, &length, deadline) < 0)
			return -1;
		complete = reply_line(reply, line, length);
	}
	if (complete < 0) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

void
reply_describe(const struct reply *reply, char *text, size_t size)
{
	snprintf(text, size, "%03u%s%s%s%s", reply->code, reply->enhanced[0] != '\0' ? " " : "",
	    reply->enhanced, reply->text[0] != '\0' ? " " : "", reply->text);
	for (char *end = strchr(text, '\n'); end != NULL; end = strchr(end, '\n'))
		*end = ' ';
}
