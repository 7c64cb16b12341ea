/* How a client proves to the token endpoint that it is the one it names (RFC 6749, section 2.3). */
#ifndef POSTOAK_OAUTH_CLIENT_AUTHENTICATION_H
#define POSTOAK_OAUTH_CLIENT_AUTHENTICATION_H

#include "config/config.h"
#include "config/error.h"
#include "oauth/form.h"

/*
 * Add what `client` authenticates with to the request: parameters to `form`, or the
 * value of an Authorization header to `authorization` (left empty where there is to
 * be none). `secret` is the client's secret; null for a client without one. Both
 * forms stay the caller's to wipe. EX_CONFIG where the secret is missing or the
 * method is one this version does not have.
 */
int client_authentication_apply(const struct config_client *client, const char *secret,
    struct form *form, struct form *authorization, struct error *error);

/* True where the method needs the client's secret. */
bool client_authentication_needs_secret(const struct config_client *client);

#endif
