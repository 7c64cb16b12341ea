/*
 * The life of a profile's access token, without the token: when to fetch a new
 * one, whether the one that is there may be handed out, what to do when a relay
 * refuses it. Pure: the caller passes the time and chance, and does the fetching.
 *
 * All times are milliseconds of one monotonic clock. TOKEN_NEVER is no time.
 */
#ifndef POSTOAK_OAUTH_TOKEN_H
#define POSTOAK_OAUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define TOKEN_NEVER UINT64_MAX

enum token_trouble {
	TOKEN_NO_TROUBLE,
	TOKEN_TRANSIENT, /* backs off: 1, 2, 4 ... 300 s, less up to half by chance; or Retry-After
			  */
	TOKEN_PERMANENT, /* a person is needed; looked at again every half hour */
};

enum token_answer {
	TOKEN_GRANT,         /* hand out what is there */
	TOKEN_FETCH,         /* ask again when the next fetch, to be begun unless one runs, ended */
	TOKEN_REFUSE_LATER,  /* the last fetch failed; it is too early for another */
	TOKEN_REFUSE_PERSON, /* likewise, or the relay refused a fresh token too */
};

struct token {
	uint64_t generation; /* of the last access token */
	bool present;        /* it is there, expired or not */
	bool rejected;       /* a relay did not take it: replace it */
	bool refused;        /* a relay took neither it nor the one before: a person is needed */
	bool reserve;        /* `refresh_ahead` is configured: hand none out that has less left */
	uint64_t expires;    /* a little early, so that it lives through a login */
	uint64_t refresh_at; /* from then on it is replaced, where tokens are in use */
	uint64_t keep_alive_at; /* a refresh token must be used by then, or it dies of idleness */

	bool fetching;
	bool replacing;         /* the fetch that runs is because of a rejection */
	bool replaced;          /* there was such a fetch */
	uint64_t last_replaced; /* when the last one ended well */

	uint64_t last_used; /* when a token was last handed out; TOKEN_NEVER */

	enum token_trouble trouble; /* how the last fetch ended */
	unsigned failures;          /* in a row */
	uint64_t retry_at;          /* with trouble: when the next fetch may begin */
};

/* What is known of a token that came or was restored. */
struct token_life {
	uint64_t left;          /* milliseconds it still lives */
	uint64_t whole;         /* milliseconds from issue to expiry */
	unsigned refresh_ahead; /* configured seconds; 0: max(300 s, 10 % of whole) */
	uint64_t keep_alive;    /* milliseconds until the refresh token must be used; TOKEN_NEVER */
};

void token_init(struct token *token);

/* May a request for a credential be granted? */
enum token_answer token_want(struct token *token, uint64_t now);

/* A relay did not take the token of `generation`. */
enum token_answer token_reject(struct token *token, uint64_t now, uint64_t generation);

/* A relay took the token of `generation`. */
void token_accept(struct token *token, uint64_t generation);

/* A person asks, or the configuration changed: forget the troubles, fetch at the next chance. */
void token_forget_trouble(struct token *token);

/* A person asks how it is now: fetch at the next chance, whatever the last fetch came to. */
void token_retry(struct token *token);

/* When token_due becomes true by itself; TOKEN_NEVER. */
uint64_t token_next(const struct token *token);

/* True where a fetch should begin without anybody waiting for it. */
bool token_due(const struct token *token, uint64_t now);

void token_fetch_began(struct token *token);

/* The fetch brought a token, `generation`. `chance` is any random number. */
void token_fetched(struct token *token, uint64_t now, uint64_t generation,
    const struct token_life *life, uint32_t chance);

/* The fetch failed; `retry_after` seconds as the server said, 0: it did not. */
void token_failed(struct token *token, uint64_t now, enum token_trouble trouble,
    unsigned retry_after, uint32_t chance);

/* A token of an earlier process was found in the store. */
void token_restored(
    struct token *token, uint64_t now, uint64_t generation, const struct token_life *life);

/* Forget everything but the count of generations: the token no longer fits the configuration. */
void token_drop(struct token *token);

/* True where the token is unexpired and no relay refused it. */
bool token_usable(const struct token *token, uint64_t now);

#endif
