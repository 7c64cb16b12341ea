/* SPDX-License-Identifier: ISC */
/* postoak oauth: tokens, by the agent that keeps them. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "config/text_stream.h"
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
command_oauth_revoke(const struct command_call *call, struct error *error)
{
	return command_ask_agent(call, "oauth revoke", error);
}

int
command_oauth_token(const struct command_call *call, struct error *error)
{
	return question_ask(call, "oauth token", stdout, error) < 0 ? -1 : EX_OK;
}

/* The answer begins with a line that is the exit status. */
int
command_oauth_test_token(const struct command_call *call, struct error *error)
{
	char *answer = NULL;
	size_t length;
	FILE *out = text_stream_open(&answer, &length);
	char *end;
	long status;
	int result;

	if (out == NULL)
		return error_set_errno(error, EX_OSERR, "answer");
	result = question_ask(call, "oauth test-token", out, error);
	if (fclose(out) == EOF)
		return error_set_errno(error, EX_OSERR, "answer");
	status = result < 0 ? -1 : strtol(answer, &end, 10);
	if (result == 0 && *end == '\n')
		fputs(end + 1, stdout);
	else if (result == 0)
		status = error_set(error, EX_PROTOCOL, "the agent gave an answer without status");
	free(answer);
	return (int)status;
}
