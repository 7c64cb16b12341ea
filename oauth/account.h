/*
 * One profile's credential in the agent: holds it, fetches it, tells who waits.
 *
 * Everything about a profile passes through its account, in one process with one
 * loop: however many ask, one request to the server is under way, and one failure
 * answers them all until the next may be tried.
 */
#ifndef POSTOAK_OAUTH_ACCOUNT_H
#define POSTOAK_OAUTH_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "config/config.h"
#include "config/credential.h"
#include "oauth/agent_protocol.h"
#include "oauth/fetch.h"

struct account;

/* Called where the state is another than before; account_state tells which. */
typedef void account_changed(struct account *account, void *context);

struct account_answer {
	enum agent_state state;
	const struct credential *credential; /* with AGENT_READY; null for who asked to refresh */
	unsigned retry_after;                /* seconds, with AGENT_TRY_LATER; 0: unknown */
	int status;                          /* sysexits; not with AGENT_READY */
	const char *text;                    /* one line for people, no secret in it */
	const char *reason;                  /* what of it happened; null: all */
	const char *advice;                  /* what of it to do, in lines; null: none */
};

/*
 * Somebody who waits, embedded in what waits. `answered` is called once for each
 * account_request, account_reject and account_refresh, perhaps before these return,
 * unless account_leave comes first.
 */
struct account_waiter {
	LIST_ENTRY(account_waiter) entry;
	bool waiting;
	bool fresh; /* asked to refresh: wants to know how that went */
	void (*answered)(struct account_waiter *waiter, const struct account_answer *answer);
};

/* For `oauth status`. Strings belong to the account or the configuration. */
struct account_view {
	const struct config_profile *profile;
	const char *state;  /* none, valid, expired, needs_person or error */
	int64_t expires_at; /* seconds since the epoch; 0: no token */
	uint64_t generation;
	const char *scope; /* as granted; null: as asked for, or no token */
	bool refresh_token;
	const char *last_error; /* null: none */
	const char *advice;     /* lines; null: none */
};

/* A new account, with what the store has; null and errno. */
struct account *account_new(const struct environment *environment,
    const struct config_profile *profile, account_changed *changed, void *context);

/* Everyone who waits is answered AGENT_TRY_LATER first. */
void account_free(struct account *account);

/*
 * The configuration was read again and has the profile as `profile` now, or the
 * store could be opened at last: what no longer fits is dropped, troubles are
 * forgotten, and what failed before is tried at once. `profile` replaces the one
 * before, which may go away.
 */
void account_reload(struct account *account, const struct config_profile *profile);

/* Ask for a credential. */
void account_request(struct account *account, struct account_waiter *waiter);

/*
 * A relay answered `reply` to the credential of `generation`; ask for another. A
 * fresh token is fetched once; when that is refused too, a person is needed.
 */
void account_reject(
    struct account *account, struct account_waiter *waiter, uint64_t generation, const char *reply);

/* The holder of the credential of `generation` ended without complaint. */
void account_accept(struct account *account, uint64_t generation);

/* A person asks for a new access token, whatever is known or held. */
void account_refresh(struct account *account, struct account_waiter *waiter);

/* A person set a secret that the profile or its client needs: what failed is tried at once. */
void account_secret_changed(struct account *account);

/*
 * As account_refresh, and what is asked and answered is written to `trace`, which must
 * stay until `waiter` is answered. False, and nothing is done, where a request that began
 * earlier is under way.
 */
bool account_test(
    struct account *account, struct account_waiter *waiter, struct token_trace *trace);

/* The access token that is held, to be looked at; null: none. */
const char *account_access_token(const struct account *account);

/*
 * A person gives access up: delete what is stored, durably, and move the tokens to `tokens`,
 * which the caller wipes. A profile that lives on a person's consent needs a new one then.
 * Returns 1, 0 where there was nothing, or -1 and `error`, with nothing changed: the store is
 * missing or broken. `tokens` is empty where what was stored could not be read.
 */
int account_surrender(struct account *account, struct stored_token *tokens, struct error *error);

/*
 * A person granted access anew: use the tokens of `response`, which grants, in place of
 * those held. -1 and `error` where they cannot be stored; a new refresh token is kept
 * then, and storing it is tried again.
 */
int account_take(struct account *account, struct token_response *response, struct error *error);

/* A person resumed the profile: forget troubles, the next request tries at once. */
void account_probe(struct account *account);

/* A person tests the profile: the next request asks the server, whatever it said before. */
void account_retry(struct account *account);

/* Wait no longer. */
void account_leave(struct account_waiter *waiter);

const struct config_profile *account_profile(const struct account *account);

/* True while a token request is under way: its answer may hold the only refresh token. */
bool account_is_fetching(const struct account *account);

/* The state in the runner's terms. */
enum agent_state account_state(const struct account *account);

/* That access ends within the hour, and what to do; "" where it does not. */
const char *account_ending(const struct account *account);

void account_view(const struct account *account, struct account_view *view);

#endif
