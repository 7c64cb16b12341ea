/* Whether a message is what submission makes of every message: canonical wire form. */
#ifndef POSTOAK_MESSAGE_WIRE_FORM_H
#define POSTOAK_MESSAGE_WIRE_FORM_H

#include <stddef.h>

#include "config/error.h"

/*
 * Check a whole message of `length` octets: every line ends with CRLF, no CR and no LF
 * stands alone (RFC 5321 2.3.8), no NUL, a header of nothing but fields (RFC 5322 2.2)
 * of at most HEADER_MAX octets, an empty line behind it. Returns 0 and the
 * octets before that line, or -1 and `error` (EX_DATAERR). Linear time, no memory.
 */
int wire_form_check(const char *text, size_t length, size_t *header_length, struct error *error);

#endif
