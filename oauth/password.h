/* Profiles that log in with a password, or not at all: what there is without OAuth. */
#ifndef POSTOAK_OAUTH_PASSWORD_H
#define POSTOAK_OAUTH_PASSWORD_H

#include <stdbool.h>

#include "config/config.h"
#include "config/credential.h"
#include "config/error.h"
#include "oauth/environment.h"
#include "oauth/gather.h"

/* `credential` is wiped after the call; null where there is none, then `error` says why. */
typedef void password_done(
    const struct credential *credential, const struct error *error, void *context);

struct password {
	struct gather gather;
	const struct config_profile *profile;
	password_done *done;
	void *context;
	char *last; /* what was given last, only to be kept out of texts; null: none */
};

void password_init(struct password *password, const struct environment *environment,
    password_done *done, void *context);

/*
 * Find the password of `profile`, anew each time because it may have changed; or
 * CREDENTIAL_NONE where it has no username. `done` is called once, perhaps before
 * this returns; `profile` must stay until then. Errors as gather_begin's. One at a time.
 */
void password_find(struct password *password, const struct config_profile *profile);

/* True while `done` is yet to come. */
bool password_running(const struct password *password);

/* Break off; `done` is not called. */
void password_cancel(struct password *password);

/* Break off, and wipe what is kept. */
void password_drop(struct password *password);

#endif
