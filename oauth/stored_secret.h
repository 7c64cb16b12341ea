/*
 * Secrets that people handed over: state/secrets/NAME.
 *
 * The file is JSON: name, generation and when it was set in clear, the value
 * sealed. The generation grows each time, so that an older value does not open in
 * a newer file.
 */
#ifndef POSTOAK_OAUTH_STORED_SECRET_H
#define POSTOAK_OAUTH_STORED_SECRET_H

#include <stdint.h>

#include "config/error.h"
#include "oauth/store.h"

/* Seal `secret` and keep it as `name`, in place of an earlier one. */
int stored_secret_set(
    const struct store *store, const char *name, const char *secret, struct error *error);

/*
 * Open the secret `name`. On success *secret is fresh and freed with secret_free.
 * EX_CONFIG where there is none (the text says which command sets it) or the key
 * is another; EX_DATAERR, EX_IOERR.
 */
int stored_secret_get(
    const struct store *store, const char *name, char **secret, struct error *error);

/*
 * When the secret `name` was set, in seconds since the epoch. Returns 1, 0 where there is
 * none, -1 and `error` where it cannot be read.
 */
int stored_secret_time(
    const struct store *store, const char *name, int64_t *set, struct error *error);

/* Remove it, durably. Returns 1, 0 where there was none, -1 and `error`. */
int stored_secret_delete(const struct store *store, const char *name, struct error *error);

#endif
