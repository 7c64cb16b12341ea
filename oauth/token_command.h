/* Grant command: a program prints the access token (token_command). */
#ifndef POSTOAK_OAUTH_TOKEN_COMMAND_H
#define POSTOAK_OAUTH_TOKEN_COMMAND_H

#include "config/error.h"
#include "oauth/token_response.h"

/*
 * Read what it printed: the token in the first line, perhaps its life in seconds in a
 * second one. On success `response` is one that grants, for the caller to wipe; -1
 * and `error` (EX_TEMPFAIL, because another run may print another thing; EX_OSERR)
 * otherwise, without a word of the output.
 */
int token_command_parse(struct token_response *response, const char *output, struct error *error);

#endif
