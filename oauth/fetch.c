/* SPDX-License-Identifier: ISC */
#include "oauth/fetch.h"

#include <inttypes.h>
#include <stddef.h>

#include "config/clock.h"
#include "config/log.h"
#include "oauth/grant.h"
#include "oauth/token_command.h"
#include "oauth/trouble.h"

#define SERVICE "agent"
#define DEFAULT_LIFE 300   /* seconds, where the server does not say */
#define RESEND_MS 1000     /* a server with a grace period takes a spent refresh token once more */
#define CLOCK_TOLERANCE 60 /* seconds */

static void
fail(struct fetch *fetch, enum token_trouble trouble, unsigned retry_after, const char *text,
    const char *advice)
{
	struct fetch_result result = {
	    .trouble = trouble, .retry_after = retry_after, .text = text, .advice = advice};

	fetch->done(&result, fetch->context);
}

/* A failure on this side of the wire. */
static void
fail_here(struct fetch *fetch, const struct error *error)
{
	fail(
	    fetch, trouble_passes(error) ? TOKEN_TRANSIENT : TOKEN_PERMANENT, 0, error->text, NULL);
}

static void
succeed(struct fetch *fetch)
{
	struct fetch_result result = {
	    .trouble = TOKEN_NO_TROUBLE, .received = fetch->received, .life = fetch->life};

	fetch->done(&result, fetch->context);
}

static void
warn_of_scope(const struct fetch *fetch)
{
	const struct config_strings *asked = &fetch->profile->scopes;
	const char *granted = fetch->holding->stored.scope;
	const char *missing = token_response_missing_scope(granted, asked->items, asked->count);

	if (missing != NULL)
		log_write(LOG_WARNING, SERVICE,
		    "profile %s: the server did not grant scope %s, only: %s", fetch->profile->name,
		    missing, granted);
}

static void
warn_of_clock(struct fetch *fetch, int64_t offset)
{
	bool wrong = offset > CLOCK_TOLERANCE || offset < -CLOCK_TOLERANCE;

	if (wrong && !fetch->clock_warned)
		log_write(LOG_WARNING, SERVICE,
		    "profile %s: the server's clock is %" PRId64 " s %s this host's; check NTP",
		    fetch->profile->name, offset < 0 ? -offset : offset,
		    offset < 0 ? "behind" : "ahead of");
	fetch->clock_warned = wrong;
}

static void
take(struct fetch *fetch, struct token_response *response)
{
	uint32_t life = response->has_life ? response->life : DEFAULT_LIFE;
	struct error error;

	fetch->received = clock_monotonic_ms();
	fetch->life = life * 1000ULL;
	if (holding_take(fetch->holding, fetch->environment->store, fetch->profile, response,
		(int64_t)(clock_wall_us() / 1000000), life, &error) < 0) {
		/* Used without being on disk, a rotated refresh token would die with this process.
		 */
		if (fetch->holding->unsaved) {
			fail_here(fetch, &error);
			return;
		}
		log_write(LOG_WARNING, SERVICE, "profile %s: the access token is not stored: %s",
		    fetch->profile->name, error.text);
	}
	warn_of_scope(fetch);
	succeed(fetch);
}

static void
answered(struct token_request_result *result, void *context)
{
	struct fetch *fetch = context;

	fetch->request = NULL;
	warn_of_clock(fetch, result->clock_offset);
	if (result->verdict == TOKEN_RESPONSE_GRANTED) {
		take(fetch, &result->response);
	} else if (result->lost && fetch->holding->sent != NULL && !fetch->resent) {
		log_write(LOG_INFO, SERVICE, "profile %s: %s; asking once more",
		    fetch->profile->name, result->text);
		fetch->resent = true;
		loop_timer_set(fetch->environment->loop, &fetch->resend, RESEND_MS);
	} else {
		if (discovery_needed(fetch->profile->client))
			discovery_doubt(fetch->environment->discovery, fetch->profile->client);
		fail(fetch,
		    result->verdict == TOKEN_RESPONSE_TRY_LATER ? TOKEN_TRANSIENT : TOKEN_PERMANENT,
		    result->retry_after, result->text, result->advice);
	}
}

static void
send_request(struct fetch *fetch, const struct token_ask *ask)
{
	struct error error;

	fetch->request =
	    token_request_start(fetch->environment->http, ask, answered, fetch, &error);
	gather_wipe(&fetch->gather);
	if (fetch->request == NULL)
		fail_here(fetch, &error);
}

/* Everything a request needs is there. */
static void
gathered(const struct error *error, void *context)
{
	struct fetch *fetch = context;
	const struct environment *environment = fetch->environment;
	struct holding *holding = fetch->holding;
	struct token_ask ask;
	struct error mine;

	/* What may have been spent is sent as it was. */
	if (error == NULL && !fetch->resent && grant_uses_refresh_token(fetch->profile->grant) &&
	    holding_choose(holding, environment->store,
		gather_value(&fetch->gather, GATHER_REFRESH_TOKEN), &mine) < 0)
		error = &mine;
	if (error != NULL) {
		gather_wipe(&fetch->gather);
		fail_here(fetch, error);
		return;
	}
	token_ask_of_profile(&ask, fetch->profile);
	token_ask_take(&ask, &fetch->gather);
	ask.metadata = discovery_get(environment->discovery, ask.client);
	ask.refresh_token = holding->sent;
	ask.access_token = holding->stored.access_token;
	send_request(fetch, &ask);
}

/* The endpoints are known. */
static void
gather_secrets(struct fetch *fetch)
{
	const struct config_profile *profile = fetch->profile;
	struct token_ask ask;

	token_ask_of_profile(&ask, profile);
	ask.metadata = discovery_get(fetch->environment->discovery, ask.client);
	token_ask_want(&ask, &fetch->gather);
	/* The first refresh token may have been thrown away once a stored one took over. */
	if (grant_uses_refresh_token(profile->grant) && !fetch->resent)
		gather_want(&fetch->gather, GATHER_REFRESH_TOKEN, &profile->refresh_token,
		    profile->name, fetch->holding->stored.refresh_token != NULL);
	gather_begin(&fetch->gather);
}

static void
discovered(struct discovery_waiter *waiter, const struct error *error)
{
	struct fetch *fetch =
	    (struct fetch *)(void *)((char *)waiter - offsetof(struct fetch, discovery));

	if (error != NULL)
		fail_here(fetch, error);
	else
		gather_secrets(fetch);
}

static void
ask_server(struct fetch *fetch)
{
	const struct config_client *client = fetch->profile->client;

	if (discovery_needed(client))
		discovery_find(fetch->environment->discovery, client, &fetch->discovery);
	else
		gather_secrets(fetch);
}

static void
resend(void *context)
{
	ask_server(context);
}

static void
printed(const char *output, const struct error *error, void *context)
{
	struct fetch *fetch = context;
	struct token_response response;
	struct error mine;

	fetch->command = NULL;
	if (output != NULL && token_command_parse(&response, output, &mine) == 0) {
		take(fetch, &response);
		token_response_wipe(&response);
		return;
	}
	if (output == NULL) {
		mine = *error;
		error_prefix(&mine, "token_command");
	}
	fail_here(fetch, &mine);
}

static void
run_command(struct fetch *fetch)
{
	struct error error;

	fetch->command = command_run(
	    fetch->environment->commands, fetch->profile->token_command, printed, fetch, &error);
	if (fetch->command == NULL)
		fail_here(fetch, &error);
}

void
fetch_init(struct fetch *fetch, const struct environment *environment, struct holding *holding,
    fetch_done *done, void *context)
{
	*fetch = (struct fetch){
	    .environment = environment, .holding = holding, .done = done, .context = context};
	loop_timer_init(&fetch->resend, resend, fetch);
	gather_init(&fetch->gather, environment, gathered, fetch);
	fetch->discovery.found = discovered;
}

/* A stored one that could not be read may have taken the place of the configured one. */
static int
restore_refresh_token(struct fetch *fetch, struct error *error)
{
	if (!grant_uses_refresh_token(fetch->profile->grant) || !fetch->holding->unread)
		return 0;
	return holding_restore(fetch->holding, fetch->environment->store, fetch->profile, error) < 0
		   ? -1
		   : 0;
}

void
fetch_begin(struct fetch *fetch, const struct config_profile *profile)
{
	const struct environment *environment = fetch->environment;
	struct error error;

	fetch->profile = profile;
	fetch->resent = false;
	if (environment->store == NULL) {
		fail_here(fetch, &environment->store_error);
	} else if (fetch->holding->unsaved) {
		/* There are tokens already, which only the disk did not take. */
		if (holding_save(fetch->holding, environment->store, profile->name, &error) < 0)
			fail_here(fetch, &error);
		else
			succeed(fetch);
	} else if (profile->grant == GRANT_COMMAND) {
		run_command(fetch);
	} else if (restore_refresh_token(fetch, &error) < 0) {
		fail_here(fetch, &error);
	} else {
		ask_server(fetch);
	}
}

void
fetch_take(
    struct fetch *fetch, const struct config_profile *profile, struct token_response *response)
{
	struct holding *holding = fetch->holding;

	fetch->profile = profile;
	holding_forget_sent(holding);
	if (fetch->environment->store == NULL)
		fail_here(fetch, &fetch->environment->store_error);
	else
		take(fetch, response);
}

/* Break off what comes before the request. */
static void
cancel_preparation(struct fetch *fetch)
{
	discovery_leave(&fetch->discovery);
	gather_wipe(&fetch->gather);
	command_cancel(fetch->command);
	fetch->command = NULL;
}

bool
fetch_change(struct fetch *fetch, const struct config_profile *profile)
{
	fetch->profile = profile;
	if (fetch->request != NULL || fetch->resend.armed)
		return true;
	cancel_preparation(fetch);
	if (fetch->resent)
		ask_server(fetch);
	else
		fetch_begin(fetch, profile);
	return false;
}

void
fetch_cancel(struct fetch *fetch)
{
	cancel_preparation(fetch);
	token_request_cancel(fetch->request);
	fetch->request = NULL;
	loop_timer_cancel(fetch->environment->loop, &fetch->resend);
}
