/* SPDX-License-Identifier: ISC */
#include "oauth/discovery.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/clock.h"
#include "config/log.h"

#define SERVICE "agent"
#define GOOD_FOR_MS (86400ULL * 1000)

/* An issuer, and the way to it: two clients may trust different certificates. */
struct issuer {
	LIST_ENTRY(issuer) entry;
	struct discovery *discovery;
	struct config_client way; /* only what is copied in new_issuer */
	struct metadata metadata; /* with good_until */
	uint64_t good_until;      /* clock_monotonic_ms; 0: nothing is known */
	enum metadata_place place;
	struct http_transfer *transfer; /* null: nothing is asked */
	LIST_HEAD(, discovery_waiter) waiters;
};

struct discovery {
	struct http *http;
	LIST_HEAD(, issuer) issuers;
};

static int ask(struct issuer *issuer, struct error *error);

struct discovery *
discovery_new(struct http *http)
{
	struct discovery *discovery = calloc(1, sizeof(*discovery));

	if (discovery == NULL)
		return NULL;
	discovery->http = http;
	LIST_INIT(&discovery->issuers);
	return discovery;
}

static void
free_issuer(struct issuer *issuer)
{
	if (issuer->transfer != NULL)
		http_cancel(issuer->transfer);
	metadata_free(&issuer->metadata);
	free(issuer->way.issuer);
	free(issuer->way.ca_file);
	free(issuer->way.proxy);
	free(issuer);
}

void
discovery_free(struct discovery *discovery)
{
	struct issuer *issuer;

	if (discovery == NULL)
		return;
	while ((issuer = LIST_FIRST(&discovery->issuers)) != NULL) {
		LIST_REMOVE(issuer, entry);
		free_issuer(issuer);
	}
	free(discovery);
}

bool
discovery_needed(const struct config_client *client)
{
	return client->token_endpoint == NULL && client->issuer != NULL;
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct issuer *
find_issuer(const struct discovery *discovery, const struct config_client *client)
{
	struct issuer *issuer;

	LIST_FOREACH(issuer, &discovery->issuers, entry)
	if (same(issuer->way.issuer, client->issuer) &&
	    same(issuer->way.ca_file, client->ca_file) && same(issuer->way.proxy, client->proxy) &&
	    issuer->way.tls_minimum_version == client->tls_minimum_version)
		break;
	return issuer;
}

static int
copy(char **to, const char *from)
{
	if (from != NULL && (*to = strdup(from)) == NULL)
		return -1;
	return 0;
}

static struct issuer *
new_issuer(struct discovery *discovery, const struct config_client *client)
{
	struct issuer *issuer = calloc(1, sizeof(*issuer));

	if (issuer == NULL)
		return NULL;
	issuer->discovery = discovery;
	LIST_INIT(&issuer->waiters);
	issuer->way.tls_minimum_version = client->tls_minimum_version;
	if (copy(&issuer->way.issuer, client->issuer) < 0 ||
	    copy(&issuer->way.ca_file, client->ca_file) < 0 ||
	    copy(&issuer->way.proxy, client->proxy) < 0) {
		free_issuer(issuer);
		return NULL;
	}
	LIST_INSERT_HEAD(&discovery->issuers, issuer, entry);
	return issuer;
}

/* Tell everyone who waits; one of them may ask again at once. */
static void
conclude(struct issuer *issuer, const struct error *error)
{
	LIST_HEAD(, discovery_waiter) waiters;
	struct discovery_waiter *waiter;
	struct error told;

	if (error != NULL) {
		told = *error;
		error_prefix(&told, "metadata of issuer %.200s", issuer->way.issuer);
	}
	LIST_INIT(&waiters);
	LIST_SWAP(&issuer->waiters, &waiters, discovery_waiter, entry);
	while ((waiter = LIST_FIRST(&waiters)) != NULL) {
		discovery_leave(waiter);
		waiter->found(waiter, error == NULL ? NULL : &told);
	}
}

static void
adopt(struct issuer *issuer, struct metadata *metadata)
{
	metadata_free(&issuer->metadata);
	issuer->metadata = *metadata;
	issuer->good_until = clock_monotonic_ms() + GOOD_FOR_MS;
	log_write(LOG_INFO, SERVICE, "issuer %s: its token endpoint is %s", issuer->way.issuer,
	    issuer->metadata.token_endpoint);
}

/* Returns 0, 1 where the next place may have what this one has not, or -1 and `error`. */
static int
judge(struct issuer *issuer, const struct http_response *http, struct error *error)
{
	struct metadata metadata;

	if (http->result != HTTP_ANSWERED) {
		error_set(error, EX_TEMPFAIL, "%s", http->error);
		return -1;
	}
	if (http->status == 408 || http->status == 429 || http->status >= 500) {
		error_set(error, EX_TEMPFAIL, "HTTP status %u", http->status);
		return -1;
	}
	if (http->status != 200) {
		error_set(error, EX_CONFIG, "HTTP status %u", http->status);
		return 1;
	}
	if (metadata_parse(&metadata, issuer->way.issuer, http->body, http->length, error) < 0) {
		if (error->status != EX_DATAERR)
			return -1;
		error->status = EX_CONFIG;
		return 1;
	}
	adopt(issuer, &metadata);
	return 0;
}

static void
answered(const struct http_response *http, void *context)
{
	struct issuer *issuer = context;
	struct error error;
	int result = judge(issuer, http, &error);

	issuer->transfer = NULL;
	if (result > 0 && issuer->place + 1 < METADATA_PLACES) {
		issuer->place++;
		result = ask(issuer, &error);
		if (result == 0)
			return;
	}
	conclude(issuer, result == 0 ? NULL : &error);
}

static int
ask(struct issuer *issuer, struct error *error)
{
	char *url = metadata_url(issuer->way.issuer, issuer->place);

	if (url == NULL)
		return error_set(error, EX_OSERR, "no memory for a request");
	issuer->transfer = http_start(issuer->discovery->http,
	    &(struct http_request){.url = url,
		.ca_file = issuer->way.ca_file,
		.proxy = issuer->way.proxy,
		.tls_minimum_version = issuer->way.tls_minimum_version,
		.timeout = issuer->way.timeout},
	    answered, issuer, error);
	free(url);
	return issuer->transfer == NULL ? -1 : 0;
}

void
discovery_find(struct discovery *discovery, const struct config_client *client,
    struct discovery_waiter *waiter)
{
	struct issuer *issuer = find_issuer(discovery, client);
	struct error error;

	if (issuer == NULL)
		issuer = new_issuer(discovery, client);
	if (issuer == NULL) {
		error_set(&error, EX_OSERR, "no memory for a request");
		waiter->found(waiter, &error);
		return;
	}
	if (issuer->good_until > clock_monotonic_ms()) {
		waiter->found(waiter, NULL);
		return;
	}
	waiter->waiting = true;
	LIST_INSERT_HEAD(&issuer->waiters, waiter, entry);
	if (issuer->transfer != NULL)
		return;
	issuer->place = METADATA_OAUTH;
	issuer->way.timeout = client->timeout;
	if (ask(issuer, &error) < 0)
		conclude(issuer, &error);
}

void
discovery_leave(struct discovery_waiter *waiter)
{
	if (waiter->waiting)
		LIST_REMOVE(waiter, entry);
	waiter->waiting = false;
}

const struct metadata *
discovery_get(const struct discovery *discovery, const struct config_client *client)
{
	const struct issuer *issuer = find_issuer(discovery, client);

	return issuer != NULL && issuer->good_until != 0 ? &issuer->metadata : NULL;
}

void
discovery_doubt(struct discovery *discovery, const struct config_client *client)
{
	struct issuer *issuer = find_issuer(discovery, client);

	/* What is there stays, for those who are about to use it. */
	if (issuer != NULL && issuer->good_until != 0)
		issuer->good_until = 1;
}
