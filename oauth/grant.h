/*
 * The grants: how an access token is obtained (RFC 6749, section 4).
 *
 * A grant is one file with one function, which adds to a token request's form what
 * is its own, and one row in grant.c. Client authentication and extra parameters are
 * the same for all and not its business. (Grant command asks no server: token_command.h.)
 */
#ifndef POSTOAK_OAUTH_GRANT_H
#define POSTOAK_OAUTH_GRANT_H

#include "config/config.h"
#include "config/error.h"
#include "oauth/form.h"
#include "oauth/token_ask.h"

/*
 * Add the grant's parameters. `scope`: what is asked for, separated by spaces, or null;
 * it is the grant's to send. Returns 0, or -1 and `error` (EX_CONFIG, EX_OSERR, or EX_NOPERM where
 * a person must act).
 */
typedef int grant_build(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error);

grant_build grant_authorization_code;
grant_build grant_client_credentials;
grant_build grant_device_begin;
grant_build grant_device_code;
grant_build grant_jwt_bearer;
grant_build grant_refresh_token;

/*
 * Fill `form` with the request: the grant's own parameters, scope, extra parameters.
 * Errors as grant_build's, with text for people.
 */
int grant_request(const struct token_ask *ask, struct form *form, struct error *error);

/* Send `scope` as RFC 6749 has it, where there is one. */
void grant_add_scope(struct form *form, const char *scope);

/* True where the grant's tokens can be had with a refresh token. */
bool grant_uses_refresh_token(enum grant grant);

#endif
