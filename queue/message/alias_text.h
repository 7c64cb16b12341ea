/* The text of alias and :include: files: whole, bounded, in logical lines. */
#ifndef POSTOAK_MESSAGE_ALIAS_TEXT_H
#define POSTOAK_MESSAGE_ALIAS_TEXT_H

#include <stddef.h>

#include "config/error.h"

#define ALIAS_TEXT_MAX (16 * 1024 * 1024)

struct alias_text {
	char *text; /* the file */
	char *line; /* the logical line last read */
	size_t length;
	size_t offset;
	unsigned number; /* of the physical line where it began */
	unsigned next_number;
};

/*
 * Read the open file `fd`, which must be regular, into `text`. EX_NOINPUT where it is
 * not or has more than ALIAS_TEXT_MAX octets, EX_OSERR for other failures. `path` is for
 * the error. Free with alias_text_free.
 */
int alias_text_read(int fd, const char *path, struct alias_text *text, struct error *error);

/*
 * Put the next logical line into text->line (NUL-terminated) and text->number. A line
 * that begins with white space continues the one before, as does one after a backslash
 * at the end. Empty lines and comments are left out: '#' at the beginning, or after white
 * space outside quotes. Returns its length, 0 at the end.
 */
size_t alias_text_line(struct alias_text *text);

void alias_text_free(struct alias_text *text);

#endif
