/* SPDX-License-Identifier: ISC */
/* Requests to give access up: oauth revoke. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/log.h"
#include "oauth/agent_request.h"
#include "oauth/revocation.h"

#define SERVICE "agent"

struct revoke {
	struct request *request;
	char profile[CONFIG_NAME_MAX + 1];
};

static const char *
outcome_text(enum revocation_outcome outcome)
{
	switch (outcome) {
	case REVOCATION_NONE:
		return "there was none";
	case REVOCATION_DONE:
		return "revoked by the server";
	case REVOCATION_REFUSED:
		return "the server does not revoke such tokens; it ends by itself";
	case REVOCATION_FAILED:
		break;
	}
	return "not revoked";
}

static void
revoked(const struct revocation_result *result, void *context)
{
	struct revoke *revoke = context;
	const char *profile = revoke->profile;

	log_write(LOG_NOTICE, SERVICE, "profile %s: the tokens were deleted on request%s%s",
	    profile, result->problem[0] == '\0' ? "" : "; the server did not revoke them: ",
	    result->problem);
	if (result->refresh_token == REVOCATION_FAILED || result->access_token == REVOCATION_FAILED)
		agent_refuse(revoke->request, EX_NOPERM,
		    "profile %s: the tokens are deleted here, but the server did not revoke them "
		    "(%s): withdraw access at the provider",
		    profile, result->problem);
	else if (result->no_endpoint)
		agent_answer_format(revoke->request,
		    "profile %s: the tokens are deleted here; the server has no place to revoke "
		    "them: withdraw access at the provider, or they stay valid until they end\n",
		    profile);
	else
		agent_answer_format(revoke->request,
		    "profile %s: the tokens are deleted here\n"
		    "refresh token: %s\naccess token: %s\n",
		    profile, outcome_text(result->refresh_token),
		    outcome_text(result->access_token));
	free(revoke);
}

static void
begin(const struct agent_call *call, const struct config_profile *profile,
    struct stored_token *tokens)
{
	struct revoke *revoke = calloc(1, sizeof(*revoke));
	struct error error;

	if (revoke == NULL) {
		agent_refuse(call->request, EX_OSERR,
		    "the tokens are deleted here, but there is no memory to revoke them");
		return;
	}
	revoke->request = call->request;
	strlcpy(revoke->profile, profile->name, sizeof(revoke->profile));
	if (revocations_begin(call->desk->revocations, profile, tokens, revoked, revoke, &error) ==
	    0)
		return;
	request_answer_error(call->request, &error);
	free(revoke);
}

void
oauth_request_revoke(const struct agent_call *call)
{
	struct account *account = agent_find_account(call, call->arguments[0]);
	const struct store *store = account == NULL ? NULL : agent_find_store(call);
	const struct config_profile *profile;
	struct stored_token tokens;
	struct error error;
	int found;

	if (store == NULL)
		return;
	profile = account_profile(account);
	found = account_surrender(account, &tokens, &error);
	if (found < 0)
		request_answer_error(call->request, &error);
	else if (found == 0)
		agent_answer_format(
		    call->request, "profile %s has no tokens to revoke\n", profile->name);
	else if (profile->client == NULL)
		agent_answer_format(call->request,
		    "profile %s: the token is deleted here; the command that printed it is its "
		    "master\n",
		    profile->name);
	else
		begin(call, profile, &tokens);
	stored_token_wipe(&tokens);
}
