/*
 * One token request with all that comes before it: finding out the endpoints, getting
 * the secrets together. For what a person begins; a profile's own requests are fetch.h's.
 */
#ifndef POSTOAK_OAUTH_EXCHANGE_H
#define POSTOAK_OAUTH_EXCHANGE_H

#include <stdbool.h>

#include "config/error.h"
#include "oauth/discovery.h"
#include "oauth/environment.h"
#include "oauth/gather.h"
#include "oauth/token_ask.h"
#include "oauth/token_request.h"

/* The answer, or, where it is null, why there is none: then nothing was sent. */
typedef void exchange_done(
    struct token_request_result *result, const struct error *error, void *context);

struct exchange {
	const struct environment *environment;
	exchange_done *done;
	void *context;
	struct token_ask ask;
	struct discovery_waiter discovery;
	struct gather gather;
	struct token_request *request;
	bool preparing;
};

void exchange_init(struct exchange *exchange, const struct environment *environment,
    exchange_done *done, void *context);

/*
 * Begin; `done` is called once, perhaps before this returns. `ask` is copied; what it points
 * to must stay until the request is sent. One at a time.
 */
void exchange_begin(struct exchange *exchange, const struct token_ask *ask);

/* True where the request is yet to be sent, and its parts are still needed. */
bool exchange_is_preparing(const struct exchange *exchange);

/* Break off, where anything runs. `done` is not called. */
void exchange_cancel(struct exchange *exchange);

#endif
