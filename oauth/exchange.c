/* SPDX-License-Identifier: ISC */
#include "oauth/exchange.h"

#include <stddef.h>

static void
fail(struct exchange *exchange, const struct error *error)
{
	exchange->preparing = false;
	gather_wipe(&exchange->gather);
	exchange->done(NULL, error, exchange->context);
}

static void
answered(struct token_request_result *result, void *context)
{
	struct exchange *exchange = context;

	exchange->request = NULL;
	exchange->done(result, NULL, exchange->context);
}

static void
gathered(const struct error *error, void *context)
{
	struct exchange *exchange = context;
	const struct environment *environment = exchange->environment;
	struct error told;

	if (error != NULL) {
		told = *error;
		fail(exchange, &told);
		return;
	}
	token_ask_take(&exchange->ask, &exchange->gather);
	exchange->ask.metadata = discovery_get(environment->discovery, exchange->ask.client);
	exchange->request =
	    token_request_start(environment->http, &exchange->ask, answered, exchange, &told);
	if (exchange->request == NULL) {
		fail(exchange, &told);
		return;
	}
	exchange->preparing = false;
	gather_wipe(&exchange->gather);
}

static void
discovered(struct discovery_waiter *waiter, const struct error *error)
{
	struct exchange *exchange =
	    (struct exchange *)(void *)((char *)waiter - offsetof(struct exchange, discovery));

	if (error != NULL) {
		fail(exchange, error);
		return;
	}
	exchange->ask.metadata =
	    discovery_get(exchange->environment->discovery, exchange->ask.client);
	token_ask_want(&exchange->ask, &exchange->gather);
	gather_begin(&exchange->gather);
}

void
exchange_init(struct exchange *exchange, const struct environment *environment, exchange_done *done,
    void *context)
{
	*exchange = (struct exchange){.environment = environment, .done = done, .context = context};
	exchange->discovery.found = discovered;
	gather_init(&exchange->gather, environment, gathered, exchange);
}

void
exchange_begin(struct exchange *exchange, const struct token_ask *ask)
{
	exchange->ask = *ask;
	exchange->preparing = true;
	if (discovery_needed(ask->client))
		discovery_find(exchange->environment->discovery, ask->client, &exchange->discovery);
	else
		discovered(&exchange->discovery, NULL);
}

bool
exchange_is_preparing(const struct exchange *exchange)
{
	return exchange->preparing;
}

void
exchange_cancel(struct exchange *exchange)
{
	exchange->preparing = false;
	discovery_leave(&exchange->discovery);
	gather_wipe(&exchange->gather);
	token_request_cancel(exchange->request);
	exchange->request = NULL;
}
