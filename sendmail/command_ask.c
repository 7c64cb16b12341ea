/* SPDX-License-Identifier: ISC */
#include "sendmail/command_ask.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "sendmail/agent_link.h"
#include "sendmail/control.h"

/* The request is a line of words: nothing else may get into it as a name. */
static bool
is_profile_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > CONFIG_NAME_MAX)
		return false;
	for (; *name != '\0'; name++) {
		if (!isalnum((unsigned char)*name) && strchr("._-", *name) == NULL)
			return false;
	}
	return true;
}

static int
make_request(const struct command_call *call, const char *verb, char *request, size_t size,
    struct error *error)
{
	const char *profile = call->count > 0 ? call->arguments[0] : NULL;

	if (profile != NULL && !is_profile_name(profile))
		return error_set(error, EX_USAGE, "no profile named %s", profile);
	snprintf(request, size, "%s%s%s%s", verb, profile != NULL ? " " : "",
	    profile != NULL ? profile : "", call->json ? " json" : "");
	return 0;
}

int
command_ask_runner(const struct command_call *call, const char *verb, struct error *error)
{
	char request[2 * CONFIG_NAME_MAX];
	struct config *config;
	int result;

	if (make_request(call, verb, request, sizeof request, error) < 0 ||
	    config_load_submission(call->config_path, &config, error) < 0)
		return -1;
	result = control_ask(config, request, stdout, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}

int
command_ask_agent(const struct command_call *call, const char *verb, struct error *error)
{
	char request[2 * CONFIG_NAME_MAX];
	struct agent_link *link;
	int result;

	if (make_request(call, verb, request, sizeof request, error) < 0 ||
	    agent_link_open(call->config_path, &link, error) < 0)
		return -1;
	result = agent_link_ask(link, request, stdout, error);
	agent_link_close(link);
	return result < 0 ? -1 : EX_OK;
}
