/*
 * Fetching a new access token for a profile: endpoints, secrets, request, answer,
 * store; or the profile's command in place of the first four.
 *
 * Ends with tokens in the holding, durable as far as they have to be, or with the
 * reason why not. When to fetch is not decided here.
 */
#ifndef POSTOAK_OAUTH_FETCH_H
#define POSTOAK_OAUTH_FETCH_H

#include "config/config.h"
#include "config/error.h"
#include "config/loop.h"
#include "oauth/environment.h"
#include "oauth/gather.h"
#include "oauth/holding.h"
#include "oauth/token.h"
#include "oauth/token_request.h"

struct fetch_result {
	enum token_trouble trouble; /* TOKEN_NO_TROUBLE: the holding has a new access token */
	uint64_t received;          /* then: clock_monotonic_ms when it came */
	uint64_t life;              /* then: milliseconds it had */
	unsigned retry_after;       /* else: seconds as the server said; 0: it did not */
	const char *text;           /* else: what happened */
	const char *advice;         /* else: static, or null */
};

typedef void fetch_done(const struct fetch_result *result, void *context);

struct fetch {
	const struct environment *environment;
	const struct config_profile *profile;
	struct holding *holding;
	fetch_done *done;
	void *context;
	struct discovery_waiter discovery;
	struct gather gather;
	struct command *command;
	struct token_request *request;
	struct loop_timer resend;
	bool resent;
	bool clock_warned;
	uint64_t received;
	uint64_t life;
};

void fetch_init(struct fetch *fetch, const struct environment *environment, struct holding *holding,
    fetch_done *done, void *context);

/* Begin; `done` is called once, perhaps before this returns. One at a time. */
void fetch_begin(struct fetch *fetch, const struct config_profile *profile);

/*
 * Take over `response`, which grants, as if it had come for a fetch that was begun: it is
 * from a request of another kind, which owes nothing to the tokens held. `done` is called
 * before this returns. Nothing may run.
 */
void fetch_take(
    struct fetch *fetch, const struct config_profile *profile, struct token_response *response);

/*
 * `profile`, an equal one, takes the place of the one it was begun with, which may go
 * away. What has not been sent yet is begun anew: `done` may be called before this
 * returns. True where a request with the old settings is under way.
 */
bool fetch_change(struct fetch *fetch, const struct config_profile *profile);

/* Break off, where anything runs. `done` is not called. */
void fetch_cancel(struct fetch *fetch);

#endif
