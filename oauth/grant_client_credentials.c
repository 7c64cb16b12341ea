/* SPDX-License-Identifier: ISC */
#include "oauth/grant.h"

/* RFC 6749, section 4.4: the client speaks for itself; all it adds is its authentication. */
int
grant_client_credentials(const struct grant_input *input, struct form *form, struct error *error)
{
	(void)input;
	(void)error;
	form_add(form, "grant_type", "client_credentials");
	return 0;
}
