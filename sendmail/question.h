/*
 * Questions about tokens of a profile, or of a client alone:
 *
 *     PROFILE
 *     --client CLIENT [--grant GRANT] [--scope SCOPE]... [--parameter NAME=VALUE]...
 */
#ifndef POSTOAK_SENDMAIL_QUESTION_H
#define POSTOAK_SENDMAIL_QUESTION_H

#include <stdio.h>

#include "config/error.h"
#include "sendmail/command.h"

/*
 * Ask the agent `verb` with what the call's arguments say, and copy the answer to `out`.
 * Returns 0, or -1 and `error`, as agent_link_ask; EX_USAGE for arguments that are no such
 * question.
 */
int question_ask(const struct command_call *call, const char *verb, FILE *out, struct error *error);

#endif
