/* SPDX-License-Identifier: ISC */
#include "oauth/consent_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "config/text_stream.h"
#include "oauth/scrub.h"

static void
write_scopes(FILE *out, const struct config_profile *profile, const char *granted)
{
	const char *missing =
	    token_response_missing_scope(granted, profile->scopes.items, profile->scopes.count);
	char text[512];

	fputs("Scopes granted: ", out);
	if (granted == NULL || *granted == '\0') {
		fputs("those asked for\n", out);
		return;
	}
	scrub(text, sizeof(text), granted, NULL, 0);
	fprintf(out, "%s\n", text);
	if (missing != NULL)
		fprintf(out,
		    "Warning: the server did not grant the scope %s, without which the relay may "
		    "refuse the login.\n",
		    missing);
}

static void
write_identity(FILE *out, const struct config_profile *profile, const char *identity)
{
	if (*identity == '\0')
		return;
	fprintf(out, "Granted by: %s\n", identity);
	if (profile->username != NULL && strcasecmp(profile->username, identity) != 0)
		fprintf(out,
		    "Note: the profile logs in as %s. That works where %s may use that mailbox; "
		    "else grant access once more, as %s.\n",
		    profile->username, identity, profile->username);
}

static void
write_end(FILE *out, const struct config_profile *profile, const char *name,
    const struct token_response *response)
{
	bool offline = false;

	if (response->refresh_token != NULL) {
		fputs("Refresh token: yes; access goes on by itself\n", out);
		return;
	}
	fputs("Refresh token: no\n", out);
	if (response->has_life)
		fprintf(out,
		    "Warning: access ends in %" PRIu32 " min, since the server gave no "
		    "refresh token.\n",
		    response->life / 60);
	else
		fputs("Warning: access ends soon, since the server gave no refresh token.\n", out);
	for (size_t i = 0; i < profile->scopes.count; i++)
		offline = offline || strcasecmp(profile->scopes.items[i], "offline_access") == 0;
	if (!offline)
		fprintf(out,
		    "Many servers give one for the scope offline_access, Google for "
		    "access_type: offline and prompt: consent\n"
		    "(authorization_parameters). Then run: postoak oauth grant %s\n",
		    name);
}

char *
consent_report(
    const struct config_profile *profile, const char *name, const struct token_response *response)
{
	char *text = NULL;
	size_t length;
	FILE *out = text_stream_open(&text, &length);

	if (out == NULL)
		return NULL;
	fprintf(out, "Access granted for %s\n", name);
	write_identity(out, profile, response->identity);
	write_scopes(out, profile, response->scope);
	write_end(out, profile, name, response);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
