/* Commands that are one request to the daemon, about a profile or all of them. */
#ifndef POSTOAK_SENDMAIL_COMMAND_ASK_H
#define POSTOAK_SENDMAIL_COMMAND_ASK_H

#include "config/error.h"
#include "sendmail/command.h"

/*
 * Ask the runner, or the agent, for "VERB [PROFILE] [json]", with the profile the call
 * may name, and copy the answer to standard output. Returns as command_run; EX_USAGE for
 * a name that no profile can have.
 */
int command_ask_runner(const struct command_call *call, const char *verb, struct error *error);
int command_ask_agent(const struct command_call *call, const char *verb, struct error *error);

#endif
