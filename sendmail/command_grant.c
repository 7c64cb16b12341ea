/* SPDX-License-Identifier: ISC */
/* postoak oauth grant, test-authorization: a person lets a profile in. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "sendmail/command.h"
#include "sendmail/consent_browser.h"
#include "sendmail/consent_device.h"

enum { DEVICE = 1 << 0, BROWSER = 1 << 1, PASTE = 1 << 2, REDEEM = 1 << 3 };

/* The words after the command. */
struct grant_words {
	unsigned options; /* bits */
	const char *name;
	bool is_client;
};

static unsigned
option_bit(const char *word)
{
	static const struct {
		const char *word;
		unsigned bit;
	} options[] = {
	    {"--device", DEVICE},
	    {"--browser", BROWSER},
	    {"--paste", PASTE},
	    {"--redeem", REDEEM},
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(word, options[i].word) == 0)
			return options[i].bit;
	return 0;
}

/* Take the words apart; `known` are the options this command has, `clients` says whether
 * it takes a client by --client, too. */
static int
read_words(const struct command_call *command, unsigned known, bool clients,
    struct grant_words *words, struct error *error)
{
	unsigned ways;

	*words = (struct grant_words){0};
	for (size_t i = 0; i < command->count; i++) {
		const char *word = command->arguments[i];
		unsigned bit = option_bit(word) & known;
		bool client = clients && strcmp(word, "--client") == 0;

		if (*word == '-' && bit == 0 && !client)
			return error_set(error, EX_USAGE, "unknown option %s", word);
		words->options |= bit;
		if (bit != 0)
			continue;
		if (words->name != NULL || (client && ++i == command->count))
			return error_set(error, EX_USAGE, "name one profile%s",
			    clients ? ", or a client by --client" : "");
		words->name = command->arguments[i];
		words->is_client = client;
	}
	ways = words->options & (DEVICE | BROWSER | PASTE);
	if ((ways & (ways - 1)) != 0)
		return error_set(
		    error, EX_USAGE, "only one of --device, --browser and --paste can be given");
	if (words->name == NULL)
		return error_set(error, EX_USAGE, "name one profile%s",
		    clients ? ", or a client by --client" : "");
	return 0;
}

/* Fill in who asks. */
static int
find_subject(struct consent_call *call, const struct grant_words *words, struct error *error)
{
	const char *name = words->name;
	const struct config_profile *profile = config_find_profile(call->config, name);

	call->kind = words->is_client ? "client" : "profile";
	if (words->is_client) {
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
wants_device(const struct grant_words *words, const struct consent_call *call)
{
	const struct config_profile *profile = config_find_profile(call->config, call->name);

	if ((words->options & (BROWSER | PASTE)) != 0)
		return false;
	return (words->options & DEVICE) != 0 || profile->grant == GRANT_DEVICE_CODE;
}

static enum consent_way
way_of(const struct grant_words *words)
{
	if ((words->options & PASTE) != 0)
		return CONSENT_PASTE;
	return (words->options & BROWSER) != 0 ? CONSENT_BROWSER : CONSENT_ANY;
}

int
command_oauth_grant(const struct command_call *command, struct error *error)
{
	struct consent_call call = {.redeems = true};
	struct grant_words words;
	int result = -1;

	if (read_words(command, DEVICE | BROWSER | PASTE, false, &words, error) < 0 ||
	    config_load(command->config_path, &call.config, error) < 0)
		return -1;
	if (find_subject(&call, &words, error) == 0 &&
	    agent_link_open(command->config_path, &call.link, error) == 0)
		result = wants_device(&words, &call)
			     ? consent_by_device(&call, error)
			     : consent_by_browser(&call, way_of(&words), error);
	agent_link_close(call.link);
	config_free(call.config);
	return result;
}

int
command_oauth_test_authorization(const struct command_call *command, struct error *error)
{
	struct consent_call call = {.explains = true};
	struct grant_words words;
	int result = -1;

	if (read_words(command, BROWSER | PASTE | REDEEM, true, &words, error) < 0 ||
	    config_load(command->config_path, &call.config, error) < 0)
		return -1;
	call.redeems = (words.options & REDEEM) != 0;
	if (find_subject(&call, &words, error) == 0 &&
	    agent_link_open(command->config_path, &call.link, error) == 0)
		result = consent_by_browser(&call, way_of(&words), error);
	agent_link_close(call.link);
	config_free(call.config);
	return result;
}
