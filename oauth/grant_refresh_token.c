/* SPDX-License-Identifier: ISC */
#include <sysexits.h>

#include "oauth/grant.h"

/* RFC 6749, section 6. Also how the grants that need a person go on after that person left. */
int
grant_refresh_token(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	if (ask->refresh_token == NULL && ask->profile == NULL)
		return error_set(error, EX_CONFIG, "there is no refresh token");
	if (ask->refresh_token == NULL && ask->grant == GRANT_REFRESH_TOKEN)
		return error_set(error, EX_CONFIG,
		    "profile %s has no refresh_token in the configuration", ask->profile);
	if (ask->refresh_token == NULL && ask->access_token != NULL)
		return error_set(error, EX_NOPERM,
		    "the server gave profile %s no refresh token to go on with; run: postoak oauth "
		    "grant %s",
		    ask->profile, ask->profile);
	if (ask->refresh_token == NULL)
		return error_set(error, EX_NOPERM,
		    "nobody has granted access for profile %s; run: postoak oauth grant %s",
		    ask->profile, ask->profile);
	form_add(form, "grant_type", "refresh_token");
	form_add(form, "refresh_token", ask->refresh_token);
	grant_add_scope(form, scope);
	return 0;
}
