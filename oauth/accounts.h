/*
 * The accounts of all profiles: the configuration they come from, the store they
 * share, and what happens to them when either changes.
 */
#ifndef POSTOAK_OAUTH_ACCOUNTS_H
#define POSTOAK_OAUTH_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"
#include "config/loop.h"
#include "oauth/account.h"
#include "oauth/http.h"

struct accounts;

struct accounts_options {
	const char *config_path;
	struct loop *loop;
	struct http *http;
	struct commands *commands;
	struct discovery *discovery;
	bool attended;            /* environment.h; the store must open at once then */
	account_changed *changed; /* as in account.h */
	account_changed *leaving; /* an account is about to be freed */
	void *context;            /* of both */
};

/*
 * Load the configuration and open the store. A store that cannot be opened is
 * logged and tried again from time to time; meanwhile accounts that need it refuse
 * with the reason. Null and `error` where the configuration does not load, or where
 * the store has to be there and is not.
 */
struct accounts *accounts_new(const struct accounts_options *options, struct error *error);
void accounts_free(struct accounts *accounts);

/*
 * Read the configuration again; where it does not load, that is logged and the old
 * one stays. Troubles are forgotten, a store that was missing is tried at once.
 */
void accounts_reload(struct accounts *accounts);

/* A missing store is tried at once, for who comes after mending it. */
void accounts_try_store(struct accounts *accounts);

/* True while one of them waits for a server's answer. */
bool accounts_are_fetching(const struct accounts *accounts);

/* What the accounts work with. */
const struct environment *accounts_environment(const struct accounts *accounts);

const struct config *accounts_config(const struct accounts *accounts);

/* The account of the profile of that name, or null. */
struct account *accounts_find(const struct accounts *accounts, const char *profile);

/* All of them, in the configuration's order. */
size_t accounts_count(const struct accounts *accounts);
struct account *accounts_get(const struct accounts *accounts, size_t index);

#endif
