/* SPDX-License-Identifier: ISC */
#include "oauth/trouble.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "oauth/diagnose.h"
#include "oauth/scrub.h"
#include "oauth/token_doubt.h"

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
	struct token_claims claims;
	char doubt[TOKEN_DOUBT_MAX];
	const char *advice = diagnose_reply(profile->provider, reply);
	char scrubbed[TROUBLE_ERROR_MAX - 64];
	char error[TROUBLE_ERROR_MAX];

	scrub(scrubbed, sizeof(scrubbed), reply, secrets, 1);
	snprintf(error, sizeof(error), "the relay refuses the login%s: %s",
	    profile->grant != GRANT_NONE ? ", with a fresh token too" : "", scrubbed);
	/* Exchange gives reasons that it knows as 5.7.139; otherwise the token may show one. */
	if (profile->grant != GRANT_NONE && secret != NULL && strstr(reply, "5.7.139") == NULL &&
	    token_claims_read(secret, &claims) &&
	    token_doubt_refused(profile, &claims, (int64_t)(clock_wall_us() / 1000000), doubt))
		advice = doubt;
	trouble_set(trouble, profile, error, advice);
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

int
trouble_status(const struct error *error)
{
	if (trouble_passes(error))
		return EX_TEMPFAIL;
	return error->status == EX_NOPERM ? EX_NOPERM : EX_CONFIG;
}
