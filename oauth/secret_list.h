/* `secret list`: which sealed secrets there are, and who refers to them. */
#ifndef POSTOAK_OAUTH_SECRET_LIST_H
#define POSTOAK_OAUTH_SECRET_LIST_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/store.h"

/*
 * All secrets that are stored or referred to, by name: JSON (an array of objects, one
 * line), or a table with local times. Returns a fresh string, or null and `error`
 * (EX_IOERR, EX_OSERR, EX_CONFIG).
 */
char *secret_list(
    const struct store *store, const struct config *config, bool json, struct error *error);

/*
 * Who refers to the secret `name`, as people read it: "client office (client_secret),
 * profile isp (password)"; "" where nobody does. Fresh, or null without memory.
 */
char *secret_list_users(const struct config *config, const char *name);

#endif
