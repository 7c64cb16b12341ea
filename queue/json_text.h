/* Writing JSON strings where a JSON library would be too much to link. */
#ifndef POSTOAK_QUEUE_JSON_TEXT_H
#define POSTOAK_QUEUE_JSON_TEXT_H

#include <stdio.h>

/* Write `text` as a JSON string (RFC 8259 7) with its quotes. What is not UTF-8 is
 * replaced by U+FFFD, octet by octet. */
void json_text(FILE *out, const char *text);

#endif
