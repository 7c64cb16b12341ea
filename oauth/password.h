/* Profiles that log in with a password, or not at all: what there is without OAuth. */
#ifndef POSTOAK_OAUTH_PASSWORD_H
#define POSTOAK_OAUTH_PASSWORD_H

#include "config/config.h"
#include "config/credential.h"
#include "config/error.h"
#include "oauth/fetch.h"

/*
 * Fill `credential` for a profile without grant: its password, read anew each time
 * because it may have changed, or CREDENTIAL_NONE where it has no username. -1 and
 * `error` as resolve_secret. The caller wipes `credential`.
 */
int password_find(const struct fetch_environment *environment, const struct config_profile *profile,
    struct credential *credential, struct error *error);

#endif
