/* SPDX-License-Identifier: ISC */
#include "queue/delivery/wire.h"

#include <string.h>

void
wire_begin(struct wire *wire, bool stuff_dots, wire_put *put, void *context)
{
	*wire =
	    (struct wire){.put = put, .context = context, .stuff_dots = stuff_dots, .last = '\n'};
}

/* Octets that follow the first octet of a UTF-8 sequence (RFC 3629). */
static unsigned
octets_after(unsigned char first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return 0;
}

/*
 * Count one octet of a line, and say whether the line has to be folded before it. What
 * claims to be UTF-8 and is not must not defeat the limit: a sequence is kept together
 * only as long as it goes on as announced.
 */
static bool
folds_before(struct wire *wire, unsigned char octet)
{
	unsigned after;

	if (wire->sequence > 0 && (octet & 0xc0) == 0x80) {
		wire->sequence--;
		return false;
	}
	after = octets_after(octet);
	wire->sequence = after;
	return wire->column + 1 + after > WIRE_LINE_MAX && octet != '\r' && octet != '\n';
}

/*
 * Write a piece of one line, which may end in the middle or with LF. Octets are handed
 * on in runs between the folds.
 */
static int
write_piece(struct wire *wire, const char *data, size_t length)
{
	size_t start = 0;

	/* What ends within the limit needs no second look: almost every line. */
	if (data[length - 1] == '\n' && wire->column + length <= WIRE_LINE_MAX)
		return wire->put(data, length, wire->context);
	for (size_t i = 0; i < length; i++) {
		if (folds_before(wire, (unsigned char)data[i])) {
			if (wire->put(data + start, i - start, wire->context) < 0 ||
			    wire->put("\r\n ", 3, wire->context) < 0)
				return -1;
			start = i;
			wire->column = 1;
		}
		wire->column++;
	}
	return wire->put(data + start, length - start, wire->context);
}

int
wire_write(struct wire *wire, const char *data, size_t length)
{
	while (length > 0) {
		const char *end = memchr(data, '\n', length);
		size_t piece = end != NULL ? (size_t)(end - data) + 1 : length;

		if (wire->stuff_dots && wire->last == '\n' && *data == '.' &&
		    wire->put(".", 1, wire->context) < 0)
			return -1;
		if (write_piece(wire, data, piece) < 0)
			return -1;
		wire->last = (unsigned char)data[piece - 1];
		if (wire->last == '\n') {
			wire->column = 0;
			wire->sequence = 0;
		}
		data += piece;
		length -= piece;
	}
	return 0;
}

int
wire_end(struct wire *wire)
{
	static const char end[] = "\r\n";
	/* A lone CR can only be the first half of an end that was cut off. */
	size_t skip = wire->last == '\r' ? 1 : 0;

	return wire->last == '\n' ? 0 : wire->put(end + skip, 2 - skip, wire->context);
}
