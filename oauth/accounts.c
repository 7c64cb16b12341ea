/* SPDX-License-Identifier: ISC */
#include "oauth/accounts.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/log.h"

#define SERVICE "agent"
#define STORE_RETRY_MS 30000 /* what a person has to mend: owner, mode, key */
#define LOCK_RETRY_MS 1000   /* a command that has the lock soon gives it up */

struct accounts {
	struct accounts_options options;
	struct environment environment;
	struct config *config;
	struct account **list; /* one a profile, at the profile's index */
	size_t count;
	struct loop_timer retry;
};

static bool
same_text(const struct error *a, const struct error *b)
{
	return a->status == b->status && strcmp(a->text, b->text) == 0;
}

static void
open_store(struct accounts *accounts, const char *path)
{
	struct environment *environment = &accounts->environment;
	struct error error;

	if (store_open(path, &environment->store, &error) == 0) {
		loop_timer_cancel(accounts->options.loop, &accounts->retry);
		return;
	}
	/* It is said once, however often it is tried; whoever attends is told. */
	if (!accounts->options.attended && !same_text(&error, &environment->store_error))
		log_write(LOG_ERR, SERVICE, "%s", error.text);
	environment->store_error = error;
	loop_timer_set(accounts->options.loop, &accounts->retry,
	    error.status == EX_TEMPFAIL ? LOCK_RETRY_MS : STORE_RETRY_MS);
}

void
accounts_try_store(struct accounts *accounts)
{
	if (accounts->environment.store != NULL)
		return;
	open_store(accounts, accounts->config->directories.state);
	if (accounts->environment.store == NULL)
		return;
	log_write(LOG_INFO, SERVICE, "%s is open now", accounts->config->directories.state);
	for (size_t i = 0; i < accounts->count; i++)
		account_reload(accounts->list[i], &accounts->config->profiles[i]);
}

static void
retry_store(void *context)
{
	accounts_try_store(context);
}

/* The place of the account of that name in the list; `count` where there is none. */
static size_t
place_of(const struct accounts *accounts, const char *name)
{
	size_t i = 0;

	while (
	    i < accounts->count && (accounts->list[i] == NULL ||
				       strcmp(account_profile(accounts->list[i])->name, name) != 0))
		i++;
	return i;
}

/* Make the accounts of profiles that are new in `config`. */
static int
make_new(struct accounts *accounts, const struct config *config, struct account **list)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];

		if (place_of(accounts, profile->name) < accounts->count)
			continue;
		list[i] = account_new(&accounts->environment, profile, accounts->options.changed,
		    accounts->options.context);
		if (list[i] == NULL)
			return -1;
	}
	return 0;
}

/* Move the accounts of profiles that stay; the others go. */
static void
move_old(struct accounts *accounts, const struct config *config, struct account **list)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		size_t place;

		if (list[i] != NULL)
			continue;
		place = place_of(accounts, config->profiles[i].name);
		list[i] = accounts->list[place];
		accounts->list[place] = NULL;
		account_reload(list[i], &config->profiles[i]);
	}
	for (size_t i = 0; i < accounts->count; i++) {
		if (accounts->list[i] == NULL)
			continue;
		accounts->options.leaving(accounts->list[i], accounts->options.context);
		account_free(accounts->list[i]);
	}
}

/* Make the accounts those of `config`, which is taken over; or change nothing. */
static int
adopt(struct accounts *accounts, struct config *config, struct error *error)
{
	struct account **list = calloc(config->profile_count + 1, sizeof(*list));

	if (list == NULL || make_new(accounts, config, list) < 0) {
		error_set_errno(error, EX_OSERR, "cannot take over the configuration");
		for (size_t i = 0; list != NULL && i < config->profile_count; i++)
			if (list[i] != NULL)
				account_free(list[i]);
		free(list);
		config_free(config);
		return -1;
	}
	move_old(accounts, config, list);
	free(accounts->list);
	config_free(accounts->config);
	accounts->config = config;
	accounts->list = list;
	accounts->count = config->profile_count;
	return 0;
}

struct accounts *
accounts_new(const struct accounts_options *options, struct error *error)
{
	struct accounts *accounts = calloc(1, sizeof(*accounts));
	struct config *config;

	if (accounts == NULL) {
		error_set_errno(error, EX_OSERR, "cannot start");
		return NULL;
	}
	accounts->options = *options;
	accounts->environment.loop = options->loop;
	accounts->environment.http = options->http;
	accounts->environment.commands = options->commands;
	accounts->environment.discovery = options->discovery;
	accounts->environment.attended = options->attended;
	loop_timer_init(&accounts->retry, retry_store, accounts);
	if (config_load(options->config_path, &config, error) < 0) {
		free(accounts);
		return NULL;
	}
	open_store(accounts, config->directories.state);
	if (adopt(accounts, config, error) < 0)
		goto failed;
	if (options->attended && accounts->environment.store == NULL) {
		*error = accounts->environment.store_error;
		goto failed;
	}
	return accounts;
failed:
	accounts_free(accounts);
	return NULL;
}

void
accounts_free(struct accounts *accounts)
{
	if (accounts == NULL)
		return;
	for (size_t i = 0; i < accounts->count; i++)
		account_free(accounts->list[i]);
	loop_timer_cancel(accounts->options.loop, &accounts->retry);
	store_close(accounts->environment.store);
	free(accounts->list);
	config_free(accounts->config);
	free(accounts);
}

void
accounts_reload(struct accounts *accounts)
{
	struct config *config;
	struct error error;

	if (config_load(accounts->options.config_path, &config, &error) < 0 ||
	    adopt(accounts, config, &error) < 0)
		log_write(LOG_ERR, SERVICE, "the configuration stays as it was: %s", error.text);
	accounts_try_store(accounts);
}

bool
accounts_are_fetching(const struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++)
		if (account_is_fetching(accounts->list[i]))
			return true;
	return false;
}

const struct environment *
accounts_environment(const struct accounts *accounts)
{
	return &accounts->environment;
}

const struct config *
accounts_config(const struct accounts *accounts)
{
	return accounts->config;
}

struct account *
accounts_find(const struct accounts *accounts, const char *profile)
{
	size_t place = place_of(accounts, profile);

	return place < accounts->count ? accounts->list[place] : NULL;
}

size_t
accounts_count(const struct accounts *accounts)
{
	return accounts->count;
}

struct account *
accounts_get(const struct accounts *accounts, size_t index)
{
	return accounts->list[index];
}
