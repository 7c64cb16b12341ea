/* SPDX-License-Identifier: ISC */
/* postoak suspend, resume: stopping a profile and letting it go on. */
#include "sendmail/command.h"
#include "sendmail/command_ask.h"

int
command_suspend(const struct command_call *call, struct error *error)
{
	return command_ask_runner(call, "suspend", error);
}

int
command_resume(const struct command_call *call, struct error *error)
{
	return command_ask_runner(call, "resume", error);
}
