/*
 * The grants: how a profile obtains an access token (RFC 6749, section 4).
 *
 * A grant is one file with one function, which adds to a token request's form what
 * is its own, and one row in grant.c. Client authentication, scope and extra
 * parameters are the same for all and not its business.
 */
#ifndef POSTOAK_OAUTH_GRANT_H
#define POSTOAK_OAUTH_GRANT_H

#include "config/config.h"
#include "config/error.h"
#include "oauth/form.h"

struct grant_input {
	const struct config_profile *profile;
	const char *refresh_token; /* null: there is none */
};

/* Returns 0, or -1 and `error` (EX_CONFIG, or EX_NOPERM where a person must act). */
typedef int grant_build(const struct grant_input *input, struct form *form, struct error *error);

grant_build grant_client_credentials;
grant_build grant_refresh_token;

/*
 * Fill `form` with a token request for the profile: the grant's own parameters,
 * scope, token_parameters. Errors as grant_build's, with text for people.
 */
int grant_request(const struct grant_input *input, struct form *form, struct error *error);

/* True where the profile's tokens can be had with a refresh token. */
bool grant_uses_refresh_token(enum grant grant);

#endif
