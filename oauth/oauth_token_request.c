/* SPDX-License-Identifier: ISC */
/* Requests for access tokens by other programs: oauth token. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "oauth/agent_request.h"
#include "oauth/client_tokens.h"
#include "oauth/consent.h"

/* Somebody who waits for a token, of a profile or of a client alone. */
struct token_call {
	struct account_waiter account;
	struct client_tokens_waiter client;
	struct request *request;
};

static void
answer(struct token_call *call, const char *token, int status, const char *text)
{
	char line[CREDENTIAL_SECRET_MAX + 2];
	int length;

	if (token == NULL) {
		agent_refuse(call->request, status, "%s", text);
	} else {
		length = snprintf(line, sizeof(line), "%s\n", token);
		request_answer(call->request, line, (size_t)length);
		explicit_bzero(line, sizeof(line));
	}
	free(call);
}

static void
account_answered(struct account_waiter *waiter, const struct account_answer *given)
{
	struct token_call *call =
	    (struct token_call *)(void *)((char *)waiter - offsetof(struct token_call, account));
	bool ready = given->state == AGENT_READY && given->credential != NULL;

	answer(call, ready ? given->credential->secret : NULL, given->status, given->text);
}

static void
client_answered(struct client_tokens_waiter *waiter, const char *token, const struct error *error)
{
	struct token_call *call =
	    (struct token_call *)(void *)((char *)waiter - offsetof(struct token_call, client));

	if (token != NULL)
		answer(call, token, 0, NULL);
	else
		answer(call, NULL, error->status, error->text);
}

static void
ask_profile(const struct agent_call *call, struct token_call *token_call, const char *profile)
{
	struct account *account = agent_find_account(call, profile);

	if (account == NULL) {
		free(token_call);
		return;
	}
	accounts_try_store(call->desk->accounts);
	account_request(account, &token_call->account);
}

static void
ask_client(const struct agent_call *call, struct token_call *token_call, const char *client)
{
	struct client_question question;
	struct error error;

	if (client_question_parse(&question, accounts_config(call->desk->accounts), client,
		call->arguments + 2, call->count - 2, &error) < 0) {
		request_answer_error(call->request, &error);
		free(token_call);
		return;
	}
	client_tokens_ask(call->desk->client_tokens, &question, &token_call->client);
}

void
oauth_request_token(const struct agent_call *call)
{
	struct consent_subject subject;
	struct token_call *token_call;
	struct error error;

	if (consent_subject_parse(&subject, call->arguments, &error) < 0) {
		request_answer_error(call->request, &error);
		return;
	}
	token_call = calloc(1, sizeof(*token_call));
	if (token_call == NULL) {
		agent_refuse(call->request, EX_OSERR, "no memory");
		return;
	}
	token_call->request = call->request;
	token_call->account.answered = account_answered;
	token_call->client.answered = client_answered;
	if (subject.is_client)
		ask_client(call, token_call, subject.name);
	else
		ask_profile(call, token_call, subject.name);
}
