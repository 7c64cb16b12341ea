/*
 * Questions about tokens of a profile, or of a client alone:
 *
 *     PROFILE
 *     --client CLIENT [--grant GRANT] [--scope SCOPE]... [--parameter NAME=VALUE]...
 */
#ifndef POSTOAK_SENDMAIL_QUESTION_H
#define POSTOAK_SENDMAIL_QUESTION_H

#include "config/error.h"
#include "sendmail/command.h"

/*
 * Ask the agent `verb` with what the call's arguments say, and copy the answer to standard
 * output. Returns as command_run; EX_USAGE for arguments that are no such question.
 */
int question_ask(const struct command_call *call, const char *verb, struct error *error);

#endif
