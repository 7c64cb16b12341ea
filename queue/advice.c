/* SPDX-License-Identifier: ISC */
#include "queue/advice.h"

#include <stddef.h>

#include "oauth/diagnose.h"

void
advice_find(const struct config_profile *profile, const char *reply, char advice[ADVICE_MAX])
{
	static const struct config_profile nobody;
	const char *found;

	if (profile == NULL)
		profile = &nobody;
	found = diagnose_reply(profile->provider, reply);
	diagnose_personal(
	    advice, ADVICE_MAX, found == NULL ? "" : found, profile->name, profile->username);
	/* In mailq, the log and a report it is part of a line. */
	for (char *p = advice; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}
