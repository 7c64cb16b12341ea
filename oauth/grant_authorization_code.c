/* SPDX-License-Identifier: ISC */
#include "oauth/grant.h"

/* RFC 6749, section 4.1.3, with the verifier of RFC 7636, section 4.5. */
int
grant_authorization_code(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	(void)scope; /* The code has it. */
	(void)error;
	form_add(form, "grant_type", "authorization_code");
	form_add(form, "code", ask->code);
	form_add(form, "redirect_uri", ask->redirect_uri);
	form_add(form, "code_verifier", ask->code_verifier);
	return 0;
}
