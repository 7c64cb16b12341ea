/* SPDX-License-Identifier: ISC */
#include "sendmail/command_ask.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"

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

int
command_ask(
    const struct command_call *call, enum control_peer peer, const char *verb, struct error *error)
{
	const char *profile = call->count > 0 ? call->arguments[0] : NULL;
	char request[2 * CONFIG_NAME_MAX];
	struct config *config;
	int result;

	if (profile != NULL && !is_profile_name(profile))
		return error_set(error, EX_USAGE, "no profile named %s", profile);
	if (config_load_submission(call->config_path, &config, error) < 0)
		return -1;
	snprintf(request, sizeof request, "%s%s%s%s", verb, profile != NULL ? " " : "",
	    profile != NULL ? profile : "", call->json ? " json" : "");
	result = control_ask(config, peer, request, stdout, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}
