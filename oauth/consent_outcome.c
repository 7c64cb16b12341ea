/* SPDX-License-Identifier: ISC */
#include "oauth/consent_outcome.h"

#include <stdlib.h>
#include <sysexits.h>

#include "config/log.h"
#include "oauth/consent_report.h"
#include "oauth/diagnose.h"

#define SERVICE "agent"

static int
tell_failure(const struct config_profile *profile, const struct token_request_result *result,
    struct error *error)
{
	char advice[ERROR_TEXT_MAX / 2] = "";
	int status = EX_CONFIG;

	if (result->verdict == TOKEN_RESPONSE_TRY_LATER)
		status = EX_TEMPFAIL;
	else if (result->verdict == TOKEN_RESPONSE_GRANT_AGAIN)
		status = EX_NOPERM;
	if (result->advice != NULL)
		diagnose_personal(
		    advice, sizeof(advice), result->advice, profile->name, profile->username);
	for (char *p = advice; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return error_set(
	    error, status, "%s%s%s", result->text, *advice == '\0' ? "" : ". ", advice);
}

/* The report is made first: the account takes what it tells of. */
static int
store(const struct consent *consent, struct token_response *response, struct error *error)
{
	struct account *account =
	    accounts_find(consents_accounts(consent->consents), consent->subject.name);

	if (consent->subject.is_client)
		return 0;
	if (account == NULL)
		return error_set(error, EX_TEMPFAIL, "the profile is gone");
	log_write(LOG_NOTICE, SERVICE, "profile %s: access was granted anew%s%s%s",
	    consent->subject.name, response->identity[0] == '\0' ? "" : ", by ", response->identity,
	    response->refresh_token == NULL ? ", without refresh token" : "");
	if (account_take(account, response, error) == 0)
		return 0;
	return error_prefix(error, "access was granted, but the tokens could not be stored");
}

int
consent_take(struct consent *consent, struct token_request_result *result,
    const struct error *problem, char **report, struct error *error)
{
	const struct config_profile *profile;

	if (problem != NULL) {
		*error = *problem;
		return -1;
	}
	if (consent_check(consent, error) < 0)
		return -1;
	profile = consent_profile(consent->consents, &consent->subject, &consent->alone, error);
	if (profile == NULL)
		return -1;
	if (result->verdict != TOKEN_RESPONSE_GRANTED)
		return tell_failure(profile, result, error);
	*report = consent_report(profile, consent->subject.name, &result->response);
	if (store(consent, &result->response, error) == 0)
		return 0;
	free(*report);
	*report = NULL;
	return -1;
}
