/* The header of a message in canonical form (CRLF): finding fields. */
#ifndef POSTOAK_MESSAGE_HEADER_H
#define POSTOAK_MESSAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* The longest header, in octets, of a message that is accepted. */
#define HEADER_MAX ((size_t)16 * 1024 * 1024)

/* One field inside a header block; points into it. */
struct header_field {
	const char *start;  /* first octet of the name */
	size_t length;      /* the whole field with its folded lines and last CRLF */
	size_t name_length; /* without white space before the colon (RFC 5322 4.5) */
	const char *body;   /* after the colon */
	size_t body_length; /* up to, not including, the last CRLF */
};

/*
 * Step through a header block of `length` octets, without its empty line. Start
 * with *offset 0; false at the end.
 */
bool header_next(const char *block, size_t length, size_t *offset, struct header_field *field);

/* True where the field is called `name`, without regard to case. */
bool header_is(const struct header_field *field, const char *name);

/*
 * Length of the name if this line (without its end) begins a header field: a name
 * of printable ASCII without colon, optional white space, a colon; 0 otherwise.
 */
size_t header_line_name(const char *line, size_t length);

/* A fresh, unfolded copy of the field's body, white space trimmed at both ends. */
char *header_unfold(const struct header_field *field);

/*
 * `text` as it may stand in a header field: as it is where it is ASCII without
 * specials, a quoted string where it has specials, RFC 2047 encoded words (UTF-8,
 * Q) where it is not ASCII. A fresh string.
 */
char *header_encode_phrase(const char *text);

#endif
