/* SPDX-License-Identifier: ISC */
#include "queue/message/wire_form.h"

#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include "queue/message/header.h"

/* What is wrong with the line ends, or null. */
static const char *
line_end_fault(const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *cr = memchr(text, '\r', (size_t)(end - text));
		const char *stop = cr != NULL ? cr : end;

		if (memchr(text, '\n', (size_t)(stop - text)) != NULL)
			return "a line feed without carriage return";
		if (cr == NULL)
			return "its last line has no end";
		if (cr + 1 == end || cr[1] != '\n')
			return "a carriage return without line feed";
		text = cr + 2;
	}
	return NULL;
}

/* Only for lines that end with CRLF. */
static bool
check_header(const char *text, size_t length, size_t *header_length)
{
	const char *end = text + length;
	const char *line = text;

	while (line < end && (size_t)(line - text) <= HEADER_MAX) {
		const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		size_t octets = (size_t)(next - line) - 2;

		if (octets == 0) {
			*header_length = (size_t)(line - text);
			return true;
		}
		if (header_line_name(line, octets) == 0 &&
		    (line == text || (*line != ' ' && *line != '\t')))
			return false;
		line = next;
	}
	return false;
}

int
wire_form_check(const char *text, size_t length, size_t *header_length, struct error *error)
{
	const char *fault = line_end_fault(text, length);

	if (fault == NULL && memchr(text, '\0', length) != NULL)
		fault = "a NUL";
	if (fault == NULL && !check_header(text, length, header_length))
		fault = "its header is none";
	if (fault != NULL)
		return error_set(
		    error, EX_DATAERR, "the message is not in canonical form: %s", fault);
	return 0;
}
