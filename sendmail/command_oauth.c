/* SPDX-License-Identifier: ISC */
/* postoak oauth: tokens, by the agent that keeps them. */
#include "sendmail/command.h"
#include "sendmail/command_ask.h"
#include "sendmail/question.h"

int
command_oauth_status(const struct command_call *call, struct error *error)
{
	return command_ask_agent(call, "oauth status", error);
}

int
command_oauth_refresh(const struct command_call *call, struct error *error)
{
	return command_ask_agent(call, "oauth refresh", error);
}

int
command_oauth_token(const struct command_call *call, struct error *error)
{
	return question_ask(call, "oauth token", error);
}
