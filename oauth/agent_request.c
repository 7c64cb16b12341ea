/* SPDX-License-Identifier: ISC */
#include "oauth/agent_request.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/clock.h"
#include "oauth/status.h"

#define WORDS_MAX 4

/* A refresh that somebody waits for. */
struct refresh {
	struct account_waiter waiter;
	struct request *request;
	char profile[CONFIG_NAME_MAX + 1];
};

static void
refuse(struct request *request, int status, const char *text)
{
	struct error error;

	error_set(&error, status, "%s", text);
	request_answer_error(request, &error);
}

static void
answer_text(struct request *request, char *text)
{
	if (text == NULL)
		refuse(request, EX_OSERR, "no memory");
	else
		request_answer(request, text, strlen(text));
	free(text);
}

/* The account of a profile that uses OAuth; null after refusing. */
static struct account *
find_account(const struct accounts *accounts, struct request *request, const char *profile)
{
	struct account *account = accounts_find(accounts, profile);
	struct error error;

	if (account != NULL && account_profile(account)->grant != GRANT_NONE)
		return account;
	error_set(&error, EX_USAGE,
	    account == NULL ? "there is no profile \"%.64s\""
			    : "profile \"%.64s\" does not use OAuth",
	    profile);
	request_answer_error(request, &error);
	return NULL;
}

static void
answer_status(
    const struct accounts *accounts, struct request *request, const char *profile, bool json)
{
	const struct account *only = NULL;
	struct account_view *views;
	size_t count = 0;

	if (profile != NULL && (only = find_account(accounts, request, profile)) == NULL)
		return;
	views = calloc(accounts_count(accounts) + 1, sizeof(*views));
	if (views == NULL) {
		refuse(request, EX_OSERR, "no memory");
		return;
	}
	for (size_t i = 0; i < accounts_count(accounts); i++) {
		const struct account *account = accounts_get(accounts, i);

		if (only != NULL ? account == only : account_profile(account)->grant != GRANT_NONE)
			account_view(account, &views[count++]);
	}
	answer_text(request, json
				 ? status_json(views, count)
				 : status_text(views, count, (int64_t)(clock_wall_us() / 1000000)));
	free(views);
}

static void
refreshed(struct account_waiter *waiter, const struct account_answer *answer)
{
	struct refresh *refresh =
	    (struct refresh *)(void *)((char *)waiter - offsetof(struct refresh, waiter));
	char *text;

	if (answer->state != AGENT_READY)
		refuse(refresh->request,
		    answer->state == AGENT_NEEDS_PERSON ? EX_NOPERM : EX_TEMPFAIL, answer->text);
	else
		answer_text(refresh->request,
		    asprintf(&text, "profile %s: %s\n", refresh->profile, answer->text) < 0 ? NULL
											    : text);
	free(refresh);
}

static void
begin_refresh(
    struct accounts *accounts, gid_t steering, struct request *request, const char *profile)
{
	struct account *account;
	struct refresh *refresh;

	if (!request_privileged(request, steering)) {
		refuse(
		    request, EX_NOPERM, "only root and members of the group postoak may do that");
		return;
	}
	account = find_account(accounts, request, profile);
	if (account == NULL)
		return;
	refresh = calloc(1, sizeof(*refresh));
	if (refresh == NULL) {
		refuse(request, EX_OSERR, "no memory");
		return;
	}
	refresh->request = request;
	refresh->waiter.answered = refreshed;
	snprintf(refresh->profile, sizeof(refresh->profile), "%s", profile);
	accounts_try_store(accounts);
	account_refresh(account, &refresh->waiter);
}

void
agent_request(struct accounts *accounts, gid_t steering, struct request *request, char *line)
{
	const char *words[WORDS_MAX + 1] = {NULL};
	size_t count = 0;
	char *rest = NULL;
	bool json;

	for (char *word = strtok_r(line, " ", &rest); word != NULL && count <= WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	json = count > 2 && strcmp(words[count - 1], "json") == 0;
	if (count >= 2 && count <= (json ? 4 : 3) && strcmp(words[0], "oauth") == 0 &&
	    strcmp(words[1], "status") == 0)
		answer_status(accounts, request, count - json > 2 ? words[2] : NULL, json);
	else if (count == 3 && strcmp(words[0], "oauth") == 0 && strcmp(words[1], "refresh") == 0)
		begin_refresh(accounts, steering, request, words[2]);
	else
		refuse(request, EX_USAGE, "the agent does not know that request");
}
