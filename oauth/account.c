/* SPDX-License-Identifier: ISC */
#include "oauth/account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/clock.h"
#include "config/log.h"
#include "oauth/ending.h"
#include "oauth/password.h"
#include "oauth/token.h"
#include "oauth/trouble.h"

#define SERVICE "agent"

struct account {
	const struct environment *environment;
	const struct config_profile *profile;
	account_changed *changed;
	void *context;
	struct token token;
	struct holding holding;
	struct fetch fetch;
	struct loop_timer timer;
	LIST_HEAD(waiter_list, account_waiter) waiters;
	bool asked;    /* a person asked for the fetch that runs */
	bool reloaded; /* the configuration was read again while it ran */

	struct ending ending;

	struct password password; /* for a profile without grant */

	int failure; /* how the last fetch that failed did: fetch_result's status */
	enum agent_state announced;
	struct trouble trouble;
};

static void serve(struct account *account, struct account_waiter *waiter);

enum agent_state
account_state(const struct account *account)
{
	const struct token *token = &account->token;

	if (token->refused)
		return AGENT_NEEDS_PERSON;
	if (token->trouble == TOKEN_NO_TROUBLE || token_usable(token, clock_monotonic_ms()))
		return AGENT_READY;
	return token->trouble == TOKEN_PERMANENT ? AGENT_NEEDS_PERSON : AGENT_TRY_LATER;
}

/* Tell the runner where the state is another than it knows, or in any case. */
static void
announce(struct account *account, bool always)
{
	enum agent_state state = account_state(account);

	if (state == account->announced && !always)
		return;
	account->announced = state;
	account->changed(account, account->context);
}

/* Access is about to end, and a person is to hear of it. */
static void
end_is_near(void *context)
{
	struct account *account = context;

	announce(account, true);
}

const char *
account_ending(const struct account *account)
{
	bool usable = token_usable(&account->token, clock_monotonic_ms());

	return account->ending.is_near && usable ? account->ending.text : "";
}

static void
set_timer(struct account *account)
{
	uint64_t next = token_next(&account->token);
	uint64_t now = clock_monotonic_ms();

	if (next == TOKEN_NEVER || account->environment->attended)
		loop_timer_cancel(account->environment->loop, &account->timer);
	else
		loop_timer_set(
		    account->environment->loop, &account->timer, next > now ? next - now : 0);
}

/* Answer everyone who waits for a fetch, now that it ended. */
static void
settle(struct account *account)
{
	struct waiter_list waiters = LIST_HEAD_INITIALIZER(waiters);
	struct account_waiter *waiter;

	LIST_SWAP(&account->waiters, &waiters, account_waiter, entry);
	while ((waiter = LIST_FIRST(&waiters)) != NULL) {
		account_leave(waiter);
		serve(account, waiter);
	}
	set_timer(account);
}

/* The held token came: use it. */
static void
adopt(struct account *account, const struct fetch_result *result)
{
	uint64_t now = clock_monotonic_ms();
	uint64_t age = now - result->received;
	struct token_life life;

	holding_life(&account->holding, account->holding.stored.issued, &life);
	life.left = result->life > age ? result->life - age : 0;
	life.refresh_ahead = account->profile->refresh_ahead;
	token_fetched(
	    &account->token, now, account->holding.stored.generation, &life, arc4random());
	if (!account->token.refused)
		trouble_clear(&account->trouble);
	ending_watch(&account->ending, account->profile, &account->holding.stored);
	log_write(LOG_INFO, SERVICE, "profile %s: new access token, expires in %" PRIu64 " s",
	    account->profile->name, (life.left + 999) / 1000);
}

static void
fail(struct account *account, const struct fetch_result *result)
{
	uint64_t now = clock_monotonic_ms();

	account->failure = result->status;
	token_failed(&account->token, now, result->trouble, result->retry_after, arc4random());
	trouble_set(&account->trouble, account->profile, result->text, result->advice);
	log_write(LOG_WARNING, SERVICE, "profile %s: no new access token: %s (%s in %" PRIu64 " s)",
	    account->profile->name, account->trouble.text,
	    result->trouble == TOKEN_PERMANENT ? "a person is needed; looking again"
					       : "trying again",
	    (account->token.retry_at - now + 999) / 1000);
}

static void
begin_fetch(struct account *account)
{
	token_fetch_began(&account->token);
	loop_timer_cancel(account->environment->loop, &account->timer);
	fetch_begin(&account->fetch, account->profile);
}

static void
fetched(const struct fetch_result *result, void *context)
{
	struct account *account = context;
	bool granted = result->trouble == TOKEN_NO_TROUBLE;
	bool outdated = account->reloaded;
	bool asked = account->asked;

	account->reloaded = account->asked = false;
	if (!granted && outdated) {
		/* What failed was asked with settings that a person has changed since. */
		account->asked = asked;
		begin_fetch(account);
		return;
	}
	account->fetch.trace = NULL;
	if (granted)
		adopt(account, result);
	else
		fail(account, result);
	announce(account, granted && asked);
	settle(account);
}

static void
timer_expired(void *context)
{
	struct account *account = context;

	if (token_due(&account->token, clock_monotonic_ms()))
		begin_fetch(account);
	else
		set_timer(account);
}

/* Answer one who waits with the account's state. */
static void
refuse(struct account *account, struct account_waiter *waiter, enum agent_state state)
{
	uint64_t now = clock_monotonic_ms();
	struct account_answer answer = {
	    .state = state,
	    .status = state == AGENT_TRY_LATER ? EX_TEMPFAIL
		      : account->token.refused ? EX_NOPERM
					       : account->failure,
	    .text = account->trouble.text,
	    .reason = account->trouble.error,
	    .advice = account->trouble.advice,
	};

	if (state == AGENT_TRY_LATER && account->token.retry_at > now)
		answer.retry_after = (unsigned)((account->token.retry_at - now + 999) / 1000);
	waiter->answered(waiter, &answer);
}

static void
grant(struct account *account, struct account_waiter *waiter)
{
	struct credential credential = {
	    .kind = CREDENTIAL_TOKEN, .generation = account->token.generation};
	struct account_answer answer = {
	    .state = AGENT_READY, .credential = &credential, .text = account->trouble.text};

	strlcpy(credential.secret, account->holding.stored.access_token, sizeof(credential.secret));
	waiter->answered(waiter, &answer);
	explicit_bzero(&credential, sizeof(credential));
}

static void
wait_for(struct account *account, struct account_waiter *waiter)
{
	waiter->waiting = true;
	LIST_INSERT_HEAD(&account->waiters, waiter, entry);
}

static void
act(struct account *account, struct account_waiter *waiter, enum token_answer answer)
{
	switch (answer) {
	case TOKEN_GRANT:
		grant(account, waiter);
		set_timer(account);
		return;
	case TOKEN_FETCH:
		wait_for(account, waiter);
		if (!account->token.fetching)
			begin_fetch(account);
		return;
	case TOKEN_REFUSE_LATER:
	case TOKEN_REFUSE_PERSON:
		announce(account, false);
		refuse(account, waiter,
		    answer == TOKEN_REFUSE_PERSON ? AGENT_NEEDS_PERSON : AGENT_TRY_LATER);
		return;
	}
}

/* Everyone who waits hears the same. */
static void
answer_all(struct account *account, const struct account_answer *answer)
{
	struct waiter_list waiters = LIST_HEAD_INITIALIZER(waiters);
	struct account_waiter *waiter;

	LIST_SWAP(&account->waiters, &waiters, account_waiter, entry);
	while ((waiter = LIST_FIRST(&waiters)) != NULL) {
		account_leave(waiter);
		waiter->answered(waiter, answer);
	}
}

/* The password search ended. */
static void
found_password(const struct credential *credential, const struct error *error, void *context)
{
	struct account *account = context;
	struct account_answer answer = {.state = AGENT_READY, .credential = credential, .text = ""};

	if (error != NULL) {
		answer.state = trouble_passes(error) ? AGENT_TRY_LATER : AGENT_NEEDS_PERSON;
		answer.status = trouble_status(error);
		answer.text = error->text;
		log_write(LOG_WARNING, SERVICE, "%s", error->text);
	}
	answer_all(account, &answer);
}

static void
want(struct account *account, struct account_waiter *waiter)
{
	if (account->profile->grant != GRANT_NONE) {
		act(account, waiter, token_want(&account->token, clock_monotonic_ms()));
		return;
	}
	wait_for(account, waiter);
	if (!password_running(&account->password))
		password_find(&account->password, account->profile);
}

/* Serve one who waited for what has ended. */
static void
serve(struct account *account, struct account_waiter *waiter)
{
	const struct token *token = &account->token;
	struct account_answer answer = {.state = AGENT_READY, .text = account->trouble.text};
	char text[64];

	if (!waiter->fresh) {
		want(account, waiter);
	} else if (account->profile->grant == GRANT_NONE) {
		answer.state = AGENT_NEEDS_PERSON;
		answer.status = EX_USAGE;
		answer.text = "the profile does not use OAuth any more";
		waiter->answered(waiter, &answer);
	} else if (token->trouble == TOKEN_NO_TROUBLE) {
		snprintf(text, sizeof(text), "new access token, expires in %" PRIu64 " s",
		    account->fetch.life / 1000);
		answer.text = text;
		waiter->answered(waiter, &answer);
	} else {
		refuse(account, waiter,
		    token->trouble == TOKEN_PERMANENT ? AGENT_NEEDS_PERSON : AGENT_TRY_LATER);
	}
}

void
account_request(struct account *account, struct account_waiter *waiter)
{
	waiter->fresh = false;
	want(account, waiter);
}

/* What the relay refuses, and may repeat. */
static const char *
given(const struct account *account)
{
	return account->profile->grant != GRANT_NONE ? account->holding.stored.access_token
						     : account->password.last;
}

void
account_reject(
    struct account *account, struct account_waiter *waiter, uint64_t generation, const char *reply)
{
	const struct config_profile *profile = account->profile;
	bool current = generation == account->token.generation;
	bool rejected = account->token.rejected;
	bool refused = account->token.refused;
	enum token_answer answer = TOKEN_REFUSE_PERSON;

	waiter->fresh = false;
	if (profile->grant != GRANT_NONE)
		answer = token_reject(&account->token, clock_monotonic_ms(), generation);
	else
		account->token.refused = true;
	if (account->token.refused && current) {
		trouble_set_rejection(&account->trouble, profile, reply, given(account));
		if (!refused)
			log_write(LOG_WARNING, SERVICE, "profile %s: %s", profile->name,
			    account->trouble.text);
	} else if (!rejected && account->token.rejected) {
		log_write(LOG_INFO, SERVICE, "profile %s: the relay does not take the access token",
		    profile->name);
	}
	act(account, waiter, answer);
}

void
account_accept(struct account *account, uint64_t generation)
{
	if (generation != account->token.generation ||
	    (!account->token.rejected && !account->token.refused))
		return;
	token_accept(&account->token, generation);
	trouble_clear(&account->trouble);
	/* The runner knows: it is its worker that logged in. */
	account->announced = AGENT_READY;
}

void
account_refresh(struct account *account, struct account_waiter *waiter)
{
	waiter->fresh = true;
	account->asked = true;
	if (!account->token.fetching)
		token_forget_trouble(&account->token);
	act(account, waiter, TOKEN_FETCH);
}

bool
account_test(struct account *account, struct account_waiter *waiter, struct token_trace *trace)
{
	if (account->token.fetching)
		return false;
	account->fetch.trace = trace;
	account_refresh(account, waiter);
	return true;
}

const char *
account_access_token(const struct account *account)
{
	return account->holding.stored.access_token;
}

int
account_surrender(struct account *account, struct stored_token *tokens, struct error *error)
{
	const struct environment *environment = account->environment;
	const struct config_profile *profile = account->profile;
	bool consent =
	    profile->grant == GRANT_AUTHORIZATION_CODE || profile->grant == GRANT_DEVICE_CODE;
	int found;

	*tokens = (struct stored_token){0};
	if (environment->store == NULL) {
		*error = environment->store_error;
		return -1;
	}
	found = stored_token_delete(environment->store, profile->name, error);
	if (found < 0)
		return -1;
	fetch_cancel(&account->fetch);
	holding_surrender(&account->holding, tokens);
	token_drop(&account->token);
	ending_cancel(&account->ending);
	trouble_clear(&account->trouble);
	account->asked = account->reloaded = false;
	/* That finds out who is needed now, and says so to all. */
	if (consent && !environment->attended)
		begin_fetch(account);
	else
		settle(account);
	return found > 0 || tokens->access_token != NULL || tokens->refresh_token != NULL;
}

int
account_take(struct account *account, struct token_response *response, struct error *error)
{
	fetch_cancel(&account->fetch);
	account->asked = true;
	account->reloaded = false;
	token_forget_trouble(&account->token);
	account->token.rejected = false;
	token_fetch_began(&account->token);
	fetch_take(&account->fetch, account->profile, response);
	if (account->token.trouble == TOKEN_NO_TROUBLE)
		return 0;
	return error_set(error, EX_TEMPFAIL, "%s", account->trouble.text);
}

void
account_probe(struct account *account)
{
	if (!account->token.fetching)
		token_forget_trouble(&account->token);
	set_timer(account);
}

void
account_retry(struct account *account)
{
	if (!account->token.fetching)
		token_retry(&account->token);
	set_timer(account);
}

void
account_leave(struct account_waiter *waiter)
{
	if (waiter->waiting)
		LIST_REMOVE(waiter, entry);
	waiter->waiting = false;
}

/* Take over what the store has, where it fits. */
static void
restore(struct account *account)
{
	const struct config_profile *profile = account->profile;
	struct token_life life;
	struct error error;
	int found;

	if (account->environment->store == NULL || profile->grant == GRANT_NONE)
		return;
	found = holding_restore(&account->holding, account->environment->store, profile, &error);
	if (found < 0)
		log_write(LOG_ERR, SERVICE, "profile %s: %s", profile->name, error.text);
	account->token.generation = account->holding.stored.generation;
	if (found <= 0)
		return;
	holding_life(&account->holding, (int64_t)(clock_wall_us() / 1000000), &life);
	life.refresh_ahead = profile->refresh_ahead;
	token_restored(
	    &account->token, clock_monotonic_ms(), account->holding.stored.generation, &life);
	ending_watch(&account->ending, profile, &account->holding.stored);
}

struct account *
account_new(const struct environment *environment, const struct config_profile *profile,
    account_changed *changed, void *context)
{
	struct account *account = calloc(1, sizeof(*account));

	if (account == NULL)
		return NULL;
	account->environment = environment;
	account->profile = profile;
	account->changed = changed;
	account->context = context;
	LIST_INIT(&account->waiters);
	loop_timer_init(&account->timer, timer_expired, account);
	ending_init(&account->ending, environment->loop, end_is_near, account);
	fetch_init(&account->fetch, environment, &account->holding, fetched, account);
	password_init(&account->password, environment, found_password, account);
	token_init(&account->token);
	restore(account);
	set_timer(account);
	return account;
}

void
account_reload(struct account *account, const struct config_profile *profile)
{
	char before[STORED_TOKEN_BINDING_SIZE];
	char after[STORED_TOKEN_BINDING_SIZE];
	bool fetching = account->token.fetching;
	bool wanted = fetching || account->token.trouble != TOKEN_NO_TROUBLE;

	stored_token_binding(account->profile, before);
	stored_token_binding(profile, after);
	account->profile = profile;
	password_cancel(&account->password);
	token_forget_trouble(&account->token);
	if (strcmp(before, after) != 0) {
		fetch_cancel(&account->fetch);
		token_drop(&account->token);
		holding_drop(&account->holding);
		ending_cancel(&account->ending);
		trouble_clear(&account->trouble);
	} else if (fetching) {
		account->reloaded = fetch_change(&account->fetch, profile);
		return;
	}
	if (!account->token.present && !account->holding.unsaved)
		restore(account);
	if (wanted && profile->grant != GRANT_NONE)
		begin_fetch(account);
	else
		set_timer(account);
	/* Who waits for what was broken off. */
	if (!account->token.fetching)
		settle(account);
}

void
account_secret_changed(struct account *account)
{
	account->asked = account->asked || account->token.trouble != TOKEN_NO_TROUBLE;
	account_reload(account, account->profile);
	/* What the runner heard may have been about the old one. */
	if (!account->token.fetching)
		announce(account, true);
}

void
account_free(struct account *account)
{
	struct account_answer answer = {
	    .state = AGENT_TRY_LATER, .status = EX_TEMPFAIL, .text = "the profile is gone"};

	fetch_cancel(&account->fetch);
	password_drop(&account->password);
	loop_timer_cancel(account->environment->loop, &account->timer);
	ending_cancel(&account->ending);
	answer_all(account, &answer);
	holding_drop(&account->holding);
	free(account);
}

const struct config_profile *
account_profile(const struct account *account)
{
	return account->profile;
}

bool
account_is_fetching(const struct account *account)
{
	return account->token.fetching;
}

void
account_view(const struct account *account, struct account_view *view)
{
	const struct token *token = &account->token;
	const struct stored_token *stored = &account->holding.stored;
	bool valid = token_usable(token, clock_monotonic_ms());

	*view = (struct account_view){
	    .profile = account->profile,
	    .expires_at = token->present ? stored->expires : 0,
	    .generation = token->generation,
	    .scope = token->present ? stored->scope : NULL,
	    .refresh_token = stored->refresh_token != NULL ||
			     account->profile->refresh_token.kind != SECRET_NONE,
	    .last_error = account->trouble.error[0] == '\0' ? NULL : account->trouble.error,
	    .advice = account->trouble.advice[0] == '\0' ? NULL : account->trouble.advice,
	};
	if (account->trouble.text[0] == '\0' && account->ending.text[0] != '\0')
		view->advice = account->ending.text;
	if (token->refused || token->trouble == TOKEN_PERMANENT)
		view->state = "needs_person";
	else if (valid)
		view->state = "valid";
	else if (token->trouble == TOKEN_TRANSIENT)
		view->state = "error";
	else
		view->state = token->present ? "expired" : "none";
}
