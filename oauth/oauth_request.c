/* SPDX-License-Identifier: ISC */
/* Requests about the tokens of profiles: oauth status, oauth refresh. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "config/clock.h"
#include "oauth/agent_request.h"
#include "oauth/status.h"

/* A refresh that somebody waits for. */
struct refresh {
	struct account_waiter waiter;
	struct request *request;
	char profile[CONFIG_NAME_MAX + 1];
};

void
oauth_request_status(const struct agent_call *call)
{
	const struct accounts *accounts = call->desk->accounts;
	const struct account *only = NULL;
	struct account_view *views;
	size_t count = 0;

	if (call->count > 0 && (only = agent_find_account(call, call->arguments[0])) == NULL)
		return;
	views = calloc(accounts_count(accounts) + 1, sizeof(*views));
	if (views == NULL) {
		agent_refuse(call->request, EX_OSERR, "no memory");
		return;
	}
	for (size_t i = 0; i < accounts_count(accounts); i++) {
		const struct account *account = accounts_get(accounts, i);

		if (only != NULL ? account == only : account_profile(account)->grant != GRANT_NONE)
			account_view(account, &views[count++]);
	}
	agent_answer_text(call->request,
	    call->json ? status_json(views, count)
		       : status_text(views, count, (int64_t)(clock_wall_us() / 1000000)));
	free(views);
}

static void
refreshed(struct account_waiter *waiter, const struct account_answer *answer)
{
	struct refresh *refresh =
	    (struct refresh *)(void *)((char *)waiter - offsetof(struct refresh, waiter));

	if (answer->state != AGENT_READY)
		agent_refuse(refresh->request,
		    answer->state == AGENT_NEEDS_PERSON ? EX_NOPERM : EX_TEMPFAIL, "%s",
		    answer->text);
	else
		agent_answer_format(
		    refresh->request, "profile %s: %s\n", refresh->profile, answer->text);
	free(refresh);
}

void
oauth_request_refresh(const struct agent_call *call)
{
	struct account *account = agent_find_account(call, call->arguments[0]);
	struct refresh *refresh;

	if (account == NULL)
		return;
	refresh = calloc(1, sizeof(*refresh));
	if (refresh == NULL) {
		agent_refuse(call->request, EX_OSERR, "no memory");
		return;
	}
	refresh->request = call->request;
	refresh->waiter.answered = refreshed;
	snprintf(refresh->profile, sizeof(refresh->profile), "%s", account_profile(account)->name);
	accounts_try_store(call->desk->accounts);
	account_refresh(account, &refresh->waiter);
}
