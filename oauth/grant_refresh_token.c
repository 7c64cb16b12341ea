/* SPDX-License-Identifier: ISC */
#include <sysexits.h>

#include "oauth/grant.h"

/* RFC 6749, section 6. Also how the grants that need a person go on after that person left. */
int
grant_refresh_token(const struct grant_input *input, struct form *form, struct error *error)
{
	const struct config_profile *profile = input->profile;

	if (input->refresh_token == NULL && profile->grant == GRANT_REFRESH_TOKEN)
		return error_set(error, EX_CONFIG,
		    "profile %s has no refresh_token in the configuration", profile->name);
	if (input->refresh_token == NULL)
		return error_set(error, EX_NOPERM,
		    "nobody has granted access for profile %s; run: postoak oauth grant %s",
		    profile->name, profile->name);
	form_add(form, "grant_type", "refresh_token");
	form_add(form, "refresh_token", input->refresh_token);
	return 0;
}
