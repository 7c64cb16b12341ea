/* RFC 2047 encoded words, in the form that may stand in a phrase (section 5, rule 3). */
#ifndef POSTOAK_MESSAGE_ENCODED_WORD_H
#define POSTOAK_MESSAGE_ENCODED_WORD_H

#include <stdbool.h>
#include <stddef.h>

/* True where `length` octets at `word` are one encoded word, of any charset. */
bool encoded_word_is(const char *word, size_t length);

/*
 * `text` as one or more encoded words, with CRLF SP between them: Q encoding, UTF-8, or
 * the charset "unknown-8bit" (RFC 1428) where it is not UTF-8. No word has more than 60
 * octets, so that a line with a field's name stays within 76, and none ends within a
 * character. A fresh string, or null (ENOMEM).
 */
char *encoded_word_make(const char *text);

#endif
