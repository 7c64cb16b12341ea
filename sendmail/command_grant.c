/* SPDX-License-Identifier: ISC */
/* postoak oauth grant, test-authorization: a person lets a profile in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "sendmail/command.h"
#include "sendmail/consent_browser.h"
#include "sendmail/consent_device.h"

/* Fill in who asks, by name. */
static int
find_subject(struct consent_call *call, const char *name, bool is_client, struct error *error)
{
	const struct config_profile *profile = config_find_profile(call->config, name);

	call->kind = is_client ? "client" : "profile";
	if (is_client) {
		call->client = config_find_client(call->config, name);
		if (call->client == NULL)
			return error_set(error, EX_USAGE, "there is no client \"%.64s\"", name);
		call->name = call->client->name;
		return 0;
	}
	if (profile == NULL)
		return error_set(error, EX_USAGE, "there is no profile \"%.64s\"", name);
	if (profile->client == NULL || profile->grant == GRANT_NONE)
		return error_set(error, EX_USAGE,
		    profile->grant == GRANT_COMMAND
			? "profile \"%.64s\" gets its tokens from token_command"
			: "profile \"%.64s\" does not use OAuth",
		    name);
	call->name = profile->name;
	call->client = profile->client;
	return 0;
}

/* A device code is asked for where the option says so, or the profile's grant. */
static bool
wants_device(const struct command_call *command, const struct consent_call *call)
{
	const struct config_profile *profile = config_find_profile(call->config, call->name);

	if ((command->options & (COMMAND_BROWSER | COMMAND_PASTE)) != 0)
		return false;
	return (command->options & COMMAND_DEVICE) != 0 || profile->grant == GRANT_DEVICE_CODE;
}

static enum consent_way
way_of(const struct command_call *command)
{
	if ((command->options & COMMAND_PASTE) != 0)
		return CONSENT_PASTE;
	return (command->options & COMMAND_BROWSER) != 0 ? CONSENT_BROWSER : CONSENT_ANY;
}

static int
check_options(const struct command_call *command, struct error *error)
{
	unsigned ways = command->options & (COMMAND_DEVICE | COMMAND_BROWSER | COMMAND_PASTE);

	if ((ways & (ways - 1)) != 0)
		return error_set(
		    error, EX_USAGE, "only one of --device, --browser and --paste can be given");
	return 0;
}

int
command_oauth_grant(const struct command_call *command, struct error *error)
{
	struct consent_call call = {.redeems = true};
	int result = -1;

	if (check_options(command, error) < 0 ||
	    config_load(command->config_path, &call.config, error) < 0)
		return -1;
	if (find_subject(&call, command->arguments[0], false, error) == 0 &&
	    agent_link_open(command->config_path, &call.link, error) == 0)
		result = wants_device(command, &call)
			     ? consent_by_device(&call, error)
			     : consent_by_browser(&call, way_of(command), error);
	agent_link_close(call.link);
	config_free(call.config);
	return result;
}

int
command_oauth_test_authorization(const struct command_call *command, struct error *error)
{
	struct consent_call call = {
	    .explains = true, .redeems = (command->options & COMMAND_REDEEM) != 0};
	const char *name = command->count > 0 ? command->arguments[0] : command->client;
	int result = -1;

	if (check_options(command, error) < 0)
		return -1;
	if ((command->count > 0) == (command->client != NULL))
		return error_set(error, EX_USAGE, "name a profile, or a client by --client");
	if (config_load(command->config_path, &call.config, error) < 0)
		return -1;
	if (find_subject(&call, name, command->client != NULL, error) == 0 &&
	    agent_link_open(command->config_path, &call.link, error) == 0)
		result = consent_by_browser(&call, way_of(command), error);
	agent_link_close(call.link);
	config_free(call.config);
	return result;
}
