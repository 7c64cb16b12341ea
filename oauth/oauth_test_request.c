/* SPDX-License-Identifier: ISC */
/* Requests to look into a token request: oauth test-token. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/clock.h"
#include "config/text_stream.h"
#include "oauth/agent_request.h"
#include "oauth/client_tokens.h"
#include "oauth/consent.h"
#include "oauth/diagnose.h"
#include "oauth/token_doubt.h"
#include "oauth/token_trace.h"

/* A token request that somebody looks at. */
struct test {
	struct account_waiter account;
	struct client_tokens_waiter client;
	const struct account *subject; /* null: a client alone */
	struct request *request;
	struct token_trace trace;
	char *text;
	size_t length;
};

/* Everything, with the exit status in a line before it. */
static void
answer(struct test *test, int status, const char *verdict)
{
	char *whole;

	fprintf(test->trace.out, "Verdict: %s\n", verdict);
	if (fclose(test->trace.out) == EOF)
		agent_answer_text(test->request, NULL);
	else if (asprintf(&whole, "%d\n%s", status, test->text) < 0)
		agent_answer_text(test->request, NULL);
	else
		agent_answer_text(test->request, whole);
	free(test->text);
	free(test);
}

static void
write_advice(FILE *out, const char *advice)
{
	if (advice == NULL || *advice == '\0')
		return;
	fprintf(out, "Advice\n");
	while (*advice != '\0') {
		size_t length = strcspn(advice, "\n");

		fprintf(out, "  %.*s\n", (int)length, advice);
		advice += length + (advice[length] == '\n');
	}
}

static void
answer_failure(struct test *test, int status, const char *text)
{
	const char *kind = status == EX_TEMPFAIL ? "try again later"
			   : status == EX_NOPERM ? "a person is needed"
						 : "the configuration is wrong";
	char verdict[2048];

	snprintf(verdict, sizeof(verdict), "%s: %s", kind, text);
	answer(test, status, verdict);
}

/* A token came; it may be one that is of no use all the same. */
static void
answer_success(struct test *test, const char *token)
{
	const struct config_profile *profile =
	    test->subject == NULL ? NULL : account_profile(test->subject);
	struct token_claims claims;
	char advice[TOKEN_DOUBT_MAX];
	char told[TOKEN_DOUBT_MAX * 2];

	if (profile == NULL || token == NULL || !token_claims_read(token, &claims) ||
	    !token_doubt(profile, &claims, (int64_t)(clock_wall_us() / 1000000), advice)) {
		answer(test, EX_OK, "the server gives a token");
		return;
	}
	diagnose_personal(told, sizeof(told), advice, profile->name, profile->username);
	write_advice(test->trace.out, told);
	answer(test, EX_CONFIG, "the server gives a token, but the relay will not take it");
}

static void
account_answered(struct account_waiter *waiter, const struct account_answer *given)
{
	struct test *test =
	    (struct test *)(void *)((char *)waiter - offsetof(struct test, account));

	if (given->state == AGENT_READY) {
		answer_success(test, account_access_token(test->subject));
		return;
	}
	write_advice(test->trace.out, given->advice);
	answer_failure(test, given->status, given->reason == NULL ? given->text : given->reason);
}

static void
client_answered(struct client_tokens_waiter *waiter, const char *token, const struct error *error)
{
	struct test *test = (struct test *)(void *)((char *)waiter - offsetof(struct test, client));

	if (token != NULL)
		answer_success(test, token);
	else
		answer_failure(test, error->status, error->text);
}

/* Nothing was asked: forget it. */
static void
discard(struct test *test)
{
	(void)fclose(test->trace.out);
	free(test->text);
	free(test);
}

static void
test_profile(const struct agent_call *call, struct test *test, const char *profile)
{
	struct account *account = agent_find_account(call, profile);

	if (account == NULL) {
		discard(test);
		return;
	}
	test->subject = account;
	accounts_try_store(call->desk->accounts);
	if (account_test(account, &test->account, &test->trace))
		return;
	agent_refuse(call->request, EX_TEMPFAIL,
	    "a token request for profile %s is under way; try again", profile);
	discard(test);
}

static void
test_client(const struct agent_call *call, struct test *test, const char *client)
{
	struct client_question question;
	struct error error;

	if (client_question_parse(&question, accounts_config(call->desk->accounts), client,
		call->arguments + 2, call->count - 2, &error) < 0) {
		request_answer_error(call->request, &error);
		discard(test);
		return;
	}
	client_tokens_test(call->desk->client_tokens, &question, &test->client, &test->trace);
}

void
oauth_request_test_token(const struct agent_call *call)
{
	struct consent_subject subject;
	struct test *test;
	struct error error;

	if (consent_subject_parse(&subject, call->arguments, &error) < 0) {
		request_answer_error(call->request, &error);
		return;
	}
	test = calloc(1, sizeof(*test));
	if (test != NULL)
		test->trace.out = text_stream_open(&test->text, &test->length);
	if (test == NULL || test->trace.out == NULL) {
		free(test);
		agent_refuse(call->request, EX_OSERR, "no memory");
		return;
	}
	test->request = call->request;
	test->account.answered = account_answered;
	test->client.answered = client_answered;
	if (subject.is_client)
		test_client(call, test, subject.name);
	else
		test_profile(call, test, subject.name);
}
