/* SPDX-License-Identifier: ISC */
#include "oauth/fetch.h"

#include <inttypes.h>
#include <sysexits.h>

#include "config/clock.h"
#include "config/log.h"
#include "oauth/client_authentication.h"
#include "oauth/grant.h"
#include "oauth/resolve.h"

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
	bool passing = error->status == EX_OSERR || error->status == EX_TEMPFAIL ||
		       error->status == EX_IOERR || error->status == EX_SOFTWARE;

	fail(fetch, passing ? TOKEN_TRANSIENT : TOKEN_PERMANENT, 0, error->text, NULL);
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
		fail(fetch,
		    result->verdict == TOKEN_RESPONSE_TRY_LATER ? TOKEN_TRANSIENT : TOKEN_PERMANENT,
		    result->retry_after, result->text, result->advice);
	}
}

/* The client's secret, where it has one; *secret is null where not. */
static int
find_client_secret(const struct fetch *fetch, char **secret, struct error *error)
{
	const struct fetch_environment *environment = fetch->environment;
	const struct config_client *client = fetch->profile->client;

	*secret = NULL;
	if (!client_authentication_needs_secret(client) ||
	    client->client_secret.kind == SECRET_NONE)
		return 0;
	if (resolve_secret(&client->client_secret, environment->store, &environment->store_error,
		secret, error) < 0)
		return error_prefix(error, "client_secret of %s", client->name);
	return 0;
}

static int
choose_refresh_token(struct fetch *fetch, struct error *error)
{
	const struct fetch_environment *environment = fetch->environment;
	const struct config_profile *profile = fetch->profile;
	char *configured = NULL;
	int result;

	if (!grant_uses_refresh_token(profile->grant))
		return 0;
	/* Not going back to the configured one: the stored one may have spent it. */
	if (fetch->holding->unread &&
	    holding_restore(fetch->holding, environment->store, profile, error) < 0)
		return -1;
	if (profile->refresh_token.kind != SECRET_NONE &&
	    resolve_secret(&profile->refresh_token, environment->store, &environment->store_error,
		&configured, error) < 0) {
		/* The first one may have been thrown away once a stored one took over. */
		if (fetch->holding->stored.refresh_token == NULL)
			return error_prefix(error, "refresh_token of profile %s", profile->name);
		configured = NULL;
	}
	result = holding_choose(fetch->holding, environment->store, configured, error);
	secret_free(configured);
	return result;
}

static int
send_request(struct fetch *fetch, struct error *error)
{
	struct token_request_secrets secrets = {
	    .refresh_token = fetch->holding->sent,
	    .access_token = fetch->holding->stored.access_token,
	};
	char *client_secret;

	if (fetch->profile->client == NULL)
		return error_set(error, EX_CONFIG, "grant %s is not supported by this version",
		    config_grant_name(fetch->profile->grant));
	if (find_client_secret(fetch, &client_secret, error) < 0)
		return -1;
	secrets.client_secret = client_secret;
	fetch->request = token_request_start(
	    fetch->environment->http, fetch->profile, &secrets, answered, fetch, error);
	secret_free(client_secret);
	return fetch->request == NULL ? -1 : 0;
}

static void
resend(void *context)
{
	struct fetch *fetch = context;
	struct error error;

	if (send_request(fetch, &error) < 0)
		fail_here(fetch, &error);
}

void
fetch_init(struct fetch *fetch, const struct fetch_environment *environment,
    struct holding *holding, fetch_done *done, void *context)
{
	*fetch = (struct fetch){
	    .environment = environment, .holding = holding, .done = done, .context = context};
	loop_timer_init(&fetch->resend, resend, fetch);
}

void
fetch_begin(struct fetch *fetch, const struct config_profile *profile)
{
	const struct fetch_environment *environment = fetch->environment;
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
	} else if (choose_refresh_token(fetch, &error) < 0 || send_request(fetch, &error) < 0) {
		fail_here(fetch, &error);
	}
}

void
fetch_cancel(struct fetch *fetch)
{
	token_request_cancel(fetch->request);
	fetch->request = NULL;
	loop_timer_cancel(fetch->environment->loop, &fetch->resend);
}
