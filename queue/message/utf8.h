/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates. */
#ifndef POSTOAK_MESSAGE_UTF8_H
#define POSTOAK_MESSAGE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Octets (1 to 4) of the well-formed character at `text`, of which `left` octets may be
 * read; 0 where there is none. */
size_t utf8_length(const char *text, size_t left);

bool utf8_is_valid(const char *text);

#endif
