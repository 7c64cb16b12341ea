/* SPDX-License-Identifier: ISC */
#include "queue/advice.h"

#include <stddef.h>

#include <bsd/string.h>

#include "oauth/diagnose.h"

void
advice_in_one_line(const char *lines, char advice[ADVICE_MAX])
{
	strlcpy(advice, lines, ADVICE_MAX);
	for (char *p = advice; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

void
advice_find(const struct config_profile *profile, const char *reply, char advice[ADVICE_MAX])
{
	static const struct config_profile nobody;
	char personal[ADVICE_MAX];
	const char *found;

	if (profile == NULL)
		profile = &nobody;
	found = diagnose_reply(profile->provider, reply);
	diagnose_personal(personal, sizeof(personal), found == NULL ? "" : found, profile->name,
	    profile->username);
	advice_in_one_line(personal, advice);
}

void
advice_on_outcome(
    const struct config_profile *profile, const struct outcome *outcome, char advice[ADVICE_MAX])
{
	if (outcome->advice[0] != '\0')
		advice_in_one_line(outcome->advice, advice);
	else
		advice_find(profile, outcome->text, advice);
}
