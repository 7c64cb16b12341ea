/*
 * A message's octets on their way to the wire: dots stuffed (RFC 5321 4.5.2) and lines
 * over 998 octets folded with CRLF SP, never inside a UTF-8 sequence. Everything else
 * stays as it is.
 */
#ifndef POSTOAK_DELIVERY_WIRE_H
#define POSTOAK_DELIVERY_WIRE_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5321 4.5.3.1.6, without the CRLF. */
#define WIRE_LINE_MAX 998

/* Takes encoded octets; returns 0, or -1 to stop. */
typedef int wire_put(const void *data, size_t length, void *context);

struct wire {
	wire_put *put;
	void *context;
	bool stuff_dots;    /* DATA; BDAT counts octets instead */
	size_t column;      /* octets of the current line so far */
	unsigned sequence;  /* octets that the current UTF-8 sequence still lacks */
	unsigned char last; /* the octet before */
};

void wire_begin(struct wire *wire, bool stuff_dots, wire_put *put, void *context);

/*
 * Encode `length` octets of canonical text (lines end with CRLF), in pieces of any size.
 * Returns 0, or -1 as soon as `put` does.
 */
int wire_write(struct wire *wire, const char *data, size_t length);

/* End the last line where the message did not. */
int wire_end(struct wire *wire);

#endif
