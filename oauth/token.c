/* SPDX-License-Identifier: ISC */
#include "oauth/token.h"

#include <stddef.h>

#define SECOND 1000ULL
#define AHEAD_MINIMUM (300 * SECOND)
#define MARGIN_MAX (10 * SECOND)
#define BACKOFF_MAX (300 * SECOND)
#define RETRY_AFTER_MAX (3600 * SECOND)
#define PROBE (1800 * SECOND)
/* Tokens of a profile that sent nothing for so long are not refreshed ahead. */
#define IDLE (86400 * SECOND)
/* A fresh token that a relay refuses is not the token's fault: one try in this time. */
#define REPLACE_INTERVAL (300 * SECOND)

static uint64_t
minimum(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A part of `range`, as chance wants it. */
static uint64_t
part(uint64_t range, uint32_t chance)
{
	return range == 0 ? 0 : chance % (range + 1);
}

void
token_init(struct token *token)
{
	*token = (struct token){
	    .refresh_at = TOKEN_NEVER, .keep_alive_at = TOKEN_NEVER, .last_used = TOKEN_NEVER};
}

static bool
unexpired(const struct token *token, uint64_t now)
{
	return token->present && now < token->expires;
}

bool
token_usable(const struct token *token, uint64_t now)
{
	return unexpired(token, now) && !token->rejected;
}

static bool
may_replace(const struct token *token, uint64_t now)
{
	return !token->replaced || now - token->last_replaced >= REPLACE_INTERVAL;
}

/* What a request gets that needs a fetch. */
static enum token_answer
fetch_or_refuse(const struct token *token, uint64_t now)
{
	if (token->fetching || token->trouble == TOKEN_NO_TROUBLE || now >= token->retry_at)
		return TOKEN_FETCH;
	return token->trouble == TOKEN_PERMANENT ? TOKEN_REFUSE_PERSON : TOKEN_REFUSE_LATER;
}

enum token_answer
token_want(struct token *token, uint64_t now)
{
	bool grant = token_usable(token, now);

	/*
	 * A relay that wants some life left gets it, as long as that can be had; else the
	 * old token serves until it ends.
	 */
	if (grant && token->reserve && now >= token->refresh_at &&
	    token->trouble == TOKEN_NO_TROUBLE)
		grant = false;
	/*
	 * A token refused a moment ago and too young to be replaced once more is as good as
	 * any: who comes now probes whether the relay's side was put in order.
	 */
	if (unexpired(token, now) && token->rejected && !token->fetching &&
	    !may_replace(token, now))
		grant = true;
	if (!grant)
		return fetch_or_refuse(token, now);
	token->last_used = now;
	return TOKEN_GRANT;
}

enum token_answer
token_reject(struct token *token, uint64_t now, uint64_t generation)
{
	if (!token->present || generation != token->generation)
		return token_want(token, now);
	token->rejected = true;
	if (token->fetching)
		return TOKEN_FETCH;
	if (!may_replace(token, now)) {
		token->refused = true;
		return TOKEN_REFUSE_PERSON;
	}
	return fetch_or_refuse(token, now);
}

void
token_accept(struct token *token, uint64_t generation)
{
	if (generation == token->generation)
		token->rejected = token->refused = false;
}

void
token_retry(struct token *token)
{
	token->trouble = TOKEN_NO_TROUBLE;
	token->failures = 0;
}

void
token_forget_trouble(struct token *token)
{
	token_retry(token);
	token->replaced = token->refused = false;
}

/* When the token is replaced ahead of its end; not where nobody uses tokens any more. */
static uint64_t
refresh_time(const struct token *token)
{
	if (!token->present || token->last_used == TOKEN_NEVER ||
	    token->refresh_at >= token->last_used + IDLE)
		return TOKEN_NEVER;
	return token->refresh_at;
}

uint64_t
token_next(const struct token *token)
{
	if (token->fetching)
		return TOKEN_NEVER;
	if (token->trouble != TOKEN_NO_TROUBLE)
		return token->retry_at;
	return minimum(token->keep_alive_at, refresh_time(token));
}

bool
token_due(const struct token *token, uint64_t now)
{
	return token_next(token) <= now;
}

void
token_fetch_began(struct token *token)
{
	token->fetching = true;
	token->replacing = token->rejected;
}

/* Set the times of a token with `life`; `chance` spreads those of many hosts. */
static void
set_life(struct token *token, uint64_t now, const struct token_life *life, uint32_t chance)
{
	uint64_t ahead = life->refresh_ahead * SECOND;

	if (ahead == 0)
		ahead = life->whole / 10 > AHEAD_MINIMUM ? life->whole / 10 : AHEAD_MINIMUM;
	/* Earlier by chance, never later: what is configured is a promise. */
	ahead = minimum(ahead + part(ahead / 10, chance), life->whole / 2);
	token->present = true;
	token->rejected = false;
	token->reserve = life->refresh_ahead > 0;
	token->expires =
	    now + life->left - minimum(life->left, minimum(life->whole / 10, MARGIN_MAX));
	token->refresh_at = now + life->left - minimum(life->left, ahead);
	token->keep_alive_at =
	    life->keep_alive == TOKEN_NEVER ? TOKEN_NEVER : now + life->keep_alive;
}

void
token_fetched(struct token *token, uint64_t now, uint64_t generation, const struct token_life *life,
    uint32_t chance)
{
	set_life(token, now, life, chance);
	token->generation = generation;
	if (token->replacing) {
		token->replaced = true;
		token->last_replaced = now;
	} else {
		token->refused = false;
	}
	token->fetching = token->replacing = false;
	token->trouble = TOKEN_NO_TROUBLE;
	token->failures = 0;
}

void
token_failed(struct token *token, uint64_t now, enum token_trouble trouble, unsigned retry_after,
    uint32_t chance)
{
	uint64_t wait;

	token->fetching = token->replacing = false;
	token->trouble = trouble;
	if (trouble == TOKEN_PERMANENT) {
		token->failures = 0;
		wait = PROBE + part(PROBE / 10, chance);
	} else if (retry_after > 0) {
		wait = minimum(retry_after * SECOND, RETRY_AFTER_MAX);
	} else {
		unsigned doublings = token->failures < 9 ? token->failures : 9;
		uint64_t step = minimum(SECOND << doublings, BACKOFF_MAX);

		/* At least half of it: those who ask again at once must find the failure standing.
		 */
		wait = step / 2 + part(step / 2, chance);
	}
	if (trouble == TOKEN_TRANSIENT)
		token->failures++;
	token->retry_at = now + wait;
}

void
token_restored(
    struct token *token, uint64_t now, uint64_t generation, const struct token_life *life)
{
	set_life(token, now, life, 0);
	token->generation = generation;
}

void
token_drop(struct token *token)
{
	uint64_t generation = token->generation;

	token_init(token);
	token->generation = generation;
}
