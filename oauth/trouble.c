/* SPDX-License-Identifier: ISC */
#include "oauth/trouble.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "oauth/diagnose.h"
#include "oauth/scrub.h"

void
trouble_set(struct trouble *trouble, const struct config_profile *profile, const char *error,
    const char *advice)
{
	const char *separator = "";
	size_t length;

	strlcpy(trouble->error, error, sizeof(trouble->error));
	diagnose_personal(trouble->advice, sizeof(trouble->advice), advice == NULL ? "" : advice,
	    profile->name, profile->username);
	length = strlen(trouble->error);
	if (trouble->advice[0] != '\0')
		separator = length > 0 && trouble->error[length - 1] == '.' ? " " : ". ";
	snprintf(trouble->text, sizeof(trouble->text), "%s%s%s", trouble->error, separator,
	    trouble->advice);
	for (char *p = trouble->text; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

void
trouble_set_rejection(struct trouble *trouble, const struct config_profile *profile,
    const char *reply, const char *secret)
{
	const char *secrets[] = {secret};
	char scrubbed[TROUBLE_ERROR_MAX - 64];
	char error[TROUBLE_ERROR_MAX];

	scrub(scrubbed, sizeof(scrubbed), reply, secrets, 1);
	snprintf(error, sizeof(error), "the relay refuses the login%s: %s",
	    profile->grant != GRANT_NONE ? ", with a fresh token too" : "", scrubbed);
	trouble_set(trouble, profile, error, diagnose_reply(profile->provider, reply));
}

void
trouble_clear(struct trouble *trouble)
{
	trouble->error[0] = trouble->advice[0] = trouble->text[0] = '\0';
}

bool
trouble_passes(const struct error *error)
{
	return error->status == EX_OSERR || error->status == EX_TEMPFAIL ||
	       error->status == EX_IOERR || error->status == EX_SOFTWARE;
}
