/* SPDX-License-Identifier: ISC */
#include "oauth/revocation.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/sys/queue.h>

#include "oauth/client_authentication.h"
#include "oauth/scrub.h"
#include "oauth/token_response.h"

#define PROBLEM_MAX 512

enum stage { REFRESH_TOKEN, ACCESS_TOKEN, STAGES };

struct revocation {
	LIST_ENTRY(revocation) entry;
	struct revocations *all;
	struct token_ask ask;
	struct stored_token tokens;
	struct discovery_waiter discovery;
	struct gather gather;
	struct http_transfer *transfer; /* null: none */
	enum stage stage;
	enum revocation_outcome outcomes[STAGES];
	char problem[PROBLEM_MAX]; /* "": none yet */
	bool no_endpoint;
	revocation_done *done;
	void *context;
};

struct revocations {
	const struct environment *environment;
	LIST_HEAD(, revocation) list;
};

static void advance(struct revocation *revocation);

/* It ended: tell, and forget it. */
static void
end(struct revocation *revocation)
{
	struct revocation_result result = {
	    .no_endpoint = revocation->no_endpoint,
	    .refresh_token = revocation->outcomes[REFRESH_TOKEN],
	    .access_token = revocation->outcomes[ACCESS_TOKEN],
	    .problem = revocation->problem,
	};

	LIST_REMOVE(revocation, entry);
	discovery_leave(&revocation->discovery);
	gather_wipe(&revocation->gather);
	if (revocation->transfer != NULL)
		http_cancel(revocation->transfer);
	revocation->done(&result, revocation->context);
	stored_token_wipe(&revocation->tokens);
	free(revocation);
}

static const char *
token_of(const struct revocation *revocation, enum stage stage)
{
	return stage == REFRESH_TOKEN ? revocation->tokens.refresh_token
				      : revocation->tokens.access_token;
}

/* Note what went wrong, without what must not be quoted. */
static void
note(struct revocation *revocation, const char *text)
{
	const char *secrets[] = {revocation->tokens.refresh_token, revocation->tokens.access_token,
	    revocation->ask.client_secret, revocation->ask.client_assertion};

	if (revocation->problem[0] == '\0')
		scrub(revocation->problem, sizeof(revocation->problem), text, secrets,
		    sizeof(secrets) / sizeof(secrets[0]));
}

/* What is left cannot be done. */
static void
give_up(struct revocation *revocation, const char *text)
{
	note(revocation, text);
	for (int stage = (int)revocation->stage; stage < STAGES; stage++)
		if (token_of(revocation, (enum stage)stage) != NULL)
			revocation->outcomes[stage] = REVOCATION_FAILED;
	end(revocation);
}

/* Section 2.2: 200 also for tokens the server does not know; some say so instead. */
static enum revocation_outcome
judge(struct revocation *revocation, const struct http_response *http)
{
	struct token_response response;
	enum revocation_outcome outcome = REVOCATION_FAILED;
	char text[PROBLEM_MAX];

	if (http->result != HTTP_ANSWERED) {
		note(revocation, http->error);
		return REVOCATION_FAILED;
	}
	if (http->status == 200)
		return REVOCATION_DONE;
	token_response_parse(&response, http->status, http->body, http->length);
	if (strcmp(response.error, "invalid_token") == 0)
		outcome = REVOCATION_DONE;
	else if (strcmp(response.error, "unsupported_token_type") == 0)
		outcome = REVOCATION_REFUSED;
	snprintf(text, sizeof(text), "HTTP status %u%s%s", http->status,
	    response.error[0] == '\0' ? "" : ", ", response.error);
	if (outcome == REVOCATION_FAILED)
		note(revocation, text);
	token_response_wipe(&response);
	return outcome;
}

static void
answered(const struct http_response *http, void *context)
{
	struct revocation *revocation = context;

	revocation->transfer = NULL;
	revocation->outcomes[revocation->stage] = judge(revocation, http);
	revocation->stage++;
	advance(revocation);
}

static const char *
endpoint_of(const struct token_ask *ask)
{
	if (ask->client->revocation_endpoint != NULL || ask->metadata == NULL)
		return ask->client->revocation_endpoint;
	return ask->metadata->revocation_endpoint;
}

static int
send(struct revocation *revocation, const char *endpoint, struct error *error)
{
	static const char *const hints[STAGES] = {"refresh_token", "access_token"};
	const struct config_client *client = revocation->ask.client;
	struct form form = {0};
	struct form authorization = {0};

	form_add(&form, "token", token_of(revocation, revocation->stage));
	form_add(&form, "token_type_hint", hints[revocation->stage]);
	if (client_authentication_apply(&revocation->ask, &form, &authorization, error) == 0)
		revocation->transfer = http_start(revocation->all->environment->http,
		    &(struct http_request){.url = endpoint,
			.form = &form,
			.authorization = authorization.text,
			.ca_file = client->ca_file,
			.proxy = client->proxy,
			.tls_minimum_version = client->tls_minimum_version,
			.timeout = client->timeout},
		    answered, revocation, error);
	form_wipe(&authorization);
	form_wipe(&form);
	return revocation->transfer == NULL ? -1 : 0;
}

/* Revoke the next token that is there. */
static void
advance(struct revocation *revocation)
{
	struct token_ask *ask = &revocation->ask;
	struct error error;

	ask->metadata = discovery_get(revocation->all->environment->discovery, ask->client);
	while (revocation->stage < STAGES && token_of(revocation, revocation->stage) == NULL)
		revocation->stage++;
	revocation->no_endpoint = endpoint_of(ask) == NULL;
	if (revocation->stage == STAGES || revocation->no_endpoint)
		end(revocation);
	else if (send(revocation, endpoint_of(ask), &error) < 0)
		give_up(revocation, error.text);
}

static void
gathered(const struct error *error, void *context)
{
	struct revocation *revocation = context;

	if (error != NULL) {
		give_up(revocation, error->text);
		return;
	}
	token_ask_take(&revocation->ask, &revocation->gather);
	advance(revocation);
}

static void
discovered(struct discovery_waiter *waiter, const struct error *error)
{
	struct revocation *revocation =
	    (struct revocation *)(void *)((char *)waiter - offsetof(struct revocation, discovery));
	struct token_ask *ask = &revocation->ask;

	if (error != NULL) {
		give_up(revocation, error->text);
		return;
	}
	ask->metadata = discovery_get(revocation->all->environment->discovery, ask->client);
	token_ask_want(ask, &revocation->gather);
	gather_begin(&revocation->gather);
}

struct revocations *
revocations_new(const struct environment *environment)
{
	struct revocations *revocations = calloc(1, sizeof(*revocations));

	if (revocations == NULL)
		return NULL;
	revocations->environment = environment;
	LIST_INIT(&revocations->list);
	return revocations;
}

void
revocations_cancel(struct revocations *revocations)
{
	while (!LIST_EMPTY(&revocations->list))
		give_up(LIST_FIRST(&revocations->list), "the agent was told to do something else");
}

void
revocations_free(struct revocations *revocations)
{
	if (revocations == NULL)
		return;
	revocations_cancel(revocations);
	free(revocations);
}

int
revocations_begin(struct revocations *revocations, const struct config_profile *profile,
    struct stored_token *tokens, revocation_done *done, void *context, struct error *error)
{
	const struct environment *environment = revocations->environment;
	struct revocation *revocation = calloc(1, sizeof(*revocation));

	if (revocation == NULL)
		return error_set_errno(error, EX_OSERR, "cannot revoke");
	revocation->all = revocations;
	revocation->tokens = *tokens;
	*tokens = (struct stored_token){0};
	revocation->done = done;
	revocation->context = context;
	token_ask_of_profile(&revocation->ask, profile);
	revocation->discovery.found = discovered;
	gather_init(&revocation->gather, environment, gathered, revocation);
	LIST_INSERT_HEAD(&revocations->list, revocation, entry);
	if (discovery_needed(profile->client))
		discovery_find(environment->discovery, profile->client, &revocation->discovery);
	else
		discovered(&revocation->discovery, NULL);
	return 0;
}
