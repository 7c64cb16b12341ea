/* One line of the delivered log as text. Used by delivered.c and delivered_fold.c. */
#ifndef POSTOAK_SPOOL_DELIVERED_TEXT_H
#define POSTOAK_SPOOL_DELIVERED_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/spool/delivered_line.h"

/* The longest line with its end, and a NUL. */
#define DELIVERED_TEXT_SIZE sizeof("0123456789AB 0123456789abcdef 4294967295 failed 01234567\n")

/* Write `line` with its end; returns its length. */
size_t delivered_text_format(const struct delivered_line *line, char text[DELIVERED_TEXT_SIZE]);

/* Parse `length` octets without the line's end; false where it is not a whole line. */
bool delivered_text_parse(const char *text, size_t length, struct delivered_line *line);

#endif
