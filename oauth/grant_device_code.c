/* SPDX-License-Identifier: ISC */
#include "oauth/grant.h"

/* RFC 8628, section 3.1: not yet a grant, but a request like those of grants. */
int
grant_device_begin(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	(void)ask;
	(void)error;
	grant_add_scope(form, scope);
	return 0;
}

/* Section 3.4. */
int
grant_device_code(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	(void)scope; /* The code has it. */
	(void)error;
	form_add(form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
	form_add(form, "device_code", ask->device_code);
	return 0;
}
