/* A configured secret that is at hand, wherever it is kept. */
#ifndef POSTOAK_OAUTH_RESOLVE_H
#define POSTOAK_OAUTH_RESOLVE_H

#include "config/error.h"
#include "config/secret.h"
#include "oauth/store.h"

/*
 * Find what `reference` points to. `store` may be null: then `store_error` tells
 * why, and sealed secrets cannot be had. On success *secret is fresh and freed with
 * secret_free. Errors name the reference, never the content; EX_CONFIG for what a
 * person has to mend, EX_SOFTWARE for a command, which gather.h runs.
 */
int resolve_secret(const struct secret_reference *reference, const struct store *store,
    const struct error *store_error, char **secret, struct error *error);

#endif
