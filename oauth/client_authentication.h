/* How a client proves to the token endpoint that it is the one it names (RFC 6749, section 2.3). */
#ifndef POSTOAK_OAUTH_CLIENT_AUTHENTICATION_H
#define POSTOAK_OAUTH_CLIENT_AUTHENTICATION_H

#include "config/error.h"
#include "oauth/form.h"
#include "oauth/token_ask.h"

/*
 * Add what the client of `ask` authenticates with to the request: parameters to
 * `form`, or the value of an Authorization header to `authorization` (left empty
 * where there is to be none). Both forms stay the caller's to wipe. EX_CONFIG where
 * what the method needs is missing or of no use; EX_OSERR.
 *
 * private_key_jwt is RFC 7523, section 2.2: an assertion that somebody else signed,
 * or one of ours for the token endpoint, with RS256, or, where a certificate is
 * configured, with PS256 and its thumbprint, as Microsoft wants it.
 */
int client_authentication_apply(const struct token_ask *ask, struct form *form,
    struct form *authorization, struct error *error);

#endif
