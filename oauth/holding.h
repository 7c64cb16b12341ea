/*
 * The tokens of one profile, in memory and in the store at once.
 *
 * A server may replace the refresh token with each answer and forget the old one:
 * what came is on disk before anybody uses it.
 */
#ifndef POSTOAK_OAUTH_HOLDING_H
#define POSTOAK_OAUTH_HOLDING_H

#include "oauth/stored_token.h"
#include "oauth/token.h"
#include "oauth/token_response.h"

struct holding {
	struct stored_token stored;
	bool unread;              /* something is stored, but could not be read */
	bool unsaved;             /* `next` waits for the store to take it */
	struct stored_token next; /* then: what came; not to be used before */
	/* The refresh token that the request under way carries, and its ancestor's digest. */
	char *sent;
	char sent_origin[SEAL_DIGEST_SIZE];
};

/*
 * Load what is stored for `profile`. Returns 1 where it fits the configuration, 0
 * where there is nothing that does (the count of generations goes on), -1 and
 * `error` as stored_token_load; that sets `unread`.
 */
int holding_restore(struct holding *holding, const struct store *store,
    const struct config_profile *profile, struct error *error);

/*
 * Choose the refresh token for the next request: `configured` (the configuration's,
 * or null) where it is another than the one the stored one descends from, else the
 * stored one. It is holding->sent, null where there is none. -1 and `error`
 * (EX_OSERR, EX_SOFTWARE).
 */
int holding_choose(struct holding *holding, const char *configured, struct error *error);

/* The next tokens come from a request that carried none of ours. */
void holding_forget_sent(struct holding *holding);

/* The next tokens come from a request that carried none of ours. */
void holding_forget_sent(struct holding *holding);

/*
 * Take over the tokens of an answer to the request that carried holding->sent, as
 * the next generation, and store them. `now` is wall time in seconds, `life` the
 * access token's. -1 and `error` where they could not be stored: then they are used
 * from memory, unless a new refresh token is at stake; that sets `unsaved`, and what
 * was held before stays in use.
 */
int holding_take(struct holding *holding, const struct store *store,
    const struct config_profile *profile, struct token_response *response, int64_t now,
    uint32_t life, struct error *error);

/* Try again to store what is unsaved. */
int holding_save(
    struct holding *holding, const struct store *store, const char *profile, struct error *error);

/*
 * How long the held access token lives and the held refresh token may idle (a week),
 * seen at wall time `now`: expired where the clock was set back since it came. All of
 * `life` is set but refresh_ahead, which becomes 0.
 */
void holding_life(const struct holding *holding, int64_t now, struct token_life *life);

/*
 * Seconds since a person granted what the refresh token holding->sent comes from, as far
 * as that is known, seen at wall time `now`; 0: not known.
 */
int64_t holding_grant_age(const struct holding *holding, int64_t now);

/* Move the newest tokens to `tokens`, and drop what is left. */
void holding_surrender(struct holding *holding, struct stored_token *tokens);

/* Wipe everything but the count of generations. */
void holding_drop(struct holding *holding);

#endif
