/* SPDX-License-Identifier: ISC */
#include "oauth/grant.h"

/* RFC 6749, section 4.4: the client speaks for itself; all it adds is its authentication. */
int
grant_client_credentials(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	(void)ask;
	(void)error;
	form_add(form, "grant_type", "client_credentials");
	grant_add_scope(form, scope);
	return 0;
}
