/* Any text as one word of a request to the agent, and back. */
#ifndef POSTOAK_OAUTH_REQUEST_WORD_H
#define POSTOAK_OAUTH_REQUEST_WORD_H

#include "config/error.h"

/*
 * Base64url of `text`, "-" for an empty one (no base64url is one character long): fresh
 * and freed with secret_free, because the text may be a secret. Null without memory.
 */
char *request_word_encode(const char *text);

/*
 * The text of a word. On success *text is fresh and freed with secret_free. EX_USAGE for
 * what is no such word or has a NUL in it, EX_OSERR.
 */
int request_word_decode(const char *word, char **text, struct error *error);

#endif
