/* SPDX-License-Identifier: ISC */
#include "oauth/client_tokens.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/secret.h"
#include "oauth/exchange.h"
#include "oauth/token.h"
#include "oauth/trouble.h"

#define SERVICE "agent"
#define DEFAULT_LIFE 300u /* seconds, where the server does not say */
#define AHEAD 300u        /* seconds, or a tenth of the life */

/* One question and what is known of its answer. */
struct held {
	LIST_ENTRY(held) entry;
	struct client_tokens *tokens;
	struct client_question question;
	struct exchange exchange;
	struct token token;
	char *access_token;   /* null: none */
	struct error failure; /* with token.trouble */
	uint64_t asked;       /* clock_monotonic_ms, last */
	LIST_HEAD(, client_tokens_waiter) waiters;
};

struct client_tokens {
	const struct environment *environment;
	size_t count;
	LIST_HEAD(held_list, held) list;
};

struct client_tokens *
client_tokens_new(const struct environment *environment)
{
	struct client_tokens *tokens = calloc(1, sizeof(*tokens));

	if (tokens == NULL)
		return NULL;
	tokens->environment = environment;
	LIST_INIT(&tokens->list);
	return tokens;
}

/* Everyone who waits hears the same. */
static void
answer_all(struct held *held, const char *token, const struct error *error)
{
	struct client_tokens_waiter *waiter;

	while ((waiter = LIST_FIRST(&held->waiters)) != NULL) {
		LIST_REMOVE(waiter, entry);
		waiter->answered(waiter, token, error);
	}
}

static void
drop(struct held *held)
{
	struct error gone;

	error_set(&gone, EX_TEMPFAIL, "the configuration has changed meanwhile");
	exchange_cancel(&held->exchange);
	LIST_REMOVE(held, entry);
	held->tokens->count--;
	answer_all(held, NULL, &gone);
	secret_free(held->access_token);
	client_question_release(&held->question);
	free(held);
}

void
client_tokens_forget(struct client_tokens *tokens)
{
	while (!LIST_EMPTY(&tokens->list))
		drop(LIST_FIRST(&tokens->list));
}

void
client_tokens_free(struct client_tokens *tokens)
{
	if (tokens == NULL)
		return;
	client_tokens_forget(tokens);
	free(tokens);
}

static void
adopt(struct held *held, struct token_response *response)
{
	uint64_t life = response->has_life ? response->life : DEFAULT_LIFE;
	struct token_life facts = {.left = life * 1000,
	    .whole = life * 1000,
	    .refresh_ahead = life / 10 > AHEAD ? (unsigned)(life / 10) : AHEAD,
	    .keep_alive = TOKEN_NEVER};

	secret_free(held->access_token);
	held->access_token = response->access_token;
	response->access_token = NULL;
	token_fetched(
	    &held->token, clock_monotonic_ms(), held->token.generation + 1, &facts, arc4random());
}

static void
fail(struct held *held, int status, unsigned retry_after, const char *text)
{
	enum token_trouble trouble = status == EX_TEMPFAIL ? TOKEN_TRANSIENT : TOKEN_PERMANENT;

	error_set(&held->failure, status, "client %s: %s", held->question.client->name, text);
	log_write(LOG_WARNING, SERVICE, "%s", held->failure.text);
	token_failed(&held->token, clock_monotonic_ms(), trouble, retry_after, arc4random());
}

static void
exchanged(struct token_request_result *result, const struct error *error, void *context)
{
	struct held *held = context;
	const struct config_client *client = held->question.client;
	const struct environment *environment = held->tokens->environment;

	if (error != NULL) {
		fail(held, trouble_status(error), 0, error->text);
	} else if (result->verdict == TOKEN_RESPONSE_GRANTED) {
		adopt(held, &result->response);
	} else {
		if (discovery_needed(client))
			discovery_doubt(environment->discovery, client);
		fail(held, token_response_status(result->verdict), result->retry_after,
		    result->text);
	}
	/* A token that is to be replaced serves until it ends. */
	if (token_usable(&held->token, clock_monotonic_ms()))
		answer_all(held, held->access_token, NULL);
	else
		answer_all(held, NULL, &held->failure);
}

static struct held *
find(const struct client_tokens *tokens, const struct client_question *question)
{
	struct held *held;

	LIST_FOREACH(held, &tokens->list, entry)
	{
		if (client_question_equal(&held->question, question))
			return held;
	}
	return NULL;
}

/* Make room for one more: true where there is. */
static bool
make_room(struct client_tokens *tokens)
{
	struct held *oldest = NULL;
	struct held *held;

	if (tokens->count < CLIENT_TOKENS_MAX)
		return true;
	LIST_FOREACH(held, &tokens->list, entry)
	{
		if (!held->token.fetching && (oldest == NULL || held->asked < oldest->asked))
			oldest = held;
	}
	if (oldest == NULL)
		return false;
	drop(oldest);
	return true;
}

/* A new one, which takes `question` over; null: too many are under way, or no memory. */
static struct held *
add(struct client_tokens *tokens, struct client_question *question)
{
	struct held *held = make_room(tokens) ? calloc(1, sizeof(*held)) : NULL;

	if (held == NULL)
		return NULL;
	held->tokens = tokens;
	held->question = *question;
	*question = (struct client_question){0};
	token_init(&held->token);
	exchange_init(&held->exchange, tokens->environment, exchanged, held);
	LIST_INIT(&held->waiters);
	LIST_INSERT_HEAD(&tokens->list, held, entry);
	tokens->count++;
	return held;
}

static void
fetch(struct held *held, struct token_trace *trace)
{
	struct token_ask ask;

	token_fetch_began(&held->token);
	client_question_ask(&held->question, &ask);
	ask.access_token = held->access_token;
	ask.trace = trace;
	exchange_begin(&held->exchange, &ask);
}

/* What is held for the question, which is released; null: too many are under way. */
static struct held *
hold(struct client_tokens *tokens, struct client_question *question)
{
	struct held *held = find(tokens, question);

	if (held == NULL)
		held = add(tokens, question);
	client_question_release(question);
	if (held != NULL)
		held->asked = clock_monotonic_ms();
	return held;
}

static void
refuse(struct client_tokens_waiter *waiter, const char *text)
{
	struct error error;

	error_set(&error, EX_TEMPFAIL, "%s", text);
	waiter->answered(waiter, NULL, &error);
}

void
client_tokens_ask(struct client_tokens *tokens, struct client_question *question,
    struct client_tokens_waiter *waiter)
{
	struct held *held = hold(tokens, question);

	if (held == NULL) {
		refuse(waiter, "too many different tokens are asked for at once");
		return;
	}
	switch (token_want(&held->token, held->asked)) {
	case TOKEN_GRANT:
		waiter->answered(waiter, held->access_token, NULL);
		return;
	case TOKEN_FETCH:
		LIST_INSERT_HEAD(&held->waiters, waiter, entry);
		if (!held->token.fetching)
			fetch(held, NULL);
		return;
	case TOKEN_REFUSE_LATER:
	case TOKEN_REFUSE_PERSON:
		waiter->answered(waiter, NULL, &held->failure);
		return;
	}
}

void
client_tokens_test(struct client_tokens *tokens, struct client_question *question,
    struct client_tokens_waiter *waiter, struct token_trace *trace)
{
	struct held *held = hold(tokens, question);

	if (held == NULL || held->token.fetching) {
		refuse(waiter, "such a token is asked for just now; try again");
		return;
	}
	/* What comes of it is the only truth. */
	token_drop(&held->token);
	secret_free(held->access_token);
	held->access_token = NULL;
	LIST_INSERT_HEAD(&held->waiters, waiter, entry);
	fetch(held, trace);
}
