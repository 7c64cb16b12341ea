/*
 * Finding out the endpoints of clients that name only their issuer: its metadata is
 * asked for once and kept for a day, or until somebody doubts it.
 */
#ifndef POSTOAK_OAUTH_DISCOVERY_H
#define POSTOAK_OAUTH_DISCOVERY_H

#include <stdbool.h>

#include <bsd/sys/queue.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/http.h"
#include "oauth/metadata.h"

struct discovery;

/*
 * Somebody who waits, embedded in what waits. `found` is called once for each
 * discovery_find, perhaps before that returns, unless discovery_leave comes first;
 * `error` is null where the metadata is there: EX_CONFIG where a person has to mend
 * something, EX_TEMPFAIL or EX_OSERR where that may pass.
 */
struct discovery_waiter {
	LIST_ENTRY(discovery_waiter) entry;
	bool waiting;
	void (*found)(struct discovery_waiter *waiter, const struct error *error);
};

/* Null and errno. */
struct discovery *discovery_new(struct http *http);

/* Nobody may wait any more. */
void discovery_free(struct discovery *discovery);

/* True where the endpoints of `client` are to be found out: it says none itself. */
bool discovery_needed(const struct config_client *client);

/* See to it that the metadata of the client's issuer is known. */
void discovery_find(struct discovery *discovery, const struct config_client *client,
    struct discovery_waiter *waiter);

/* Wait no longer. */
void discovery_leave(struct discovery_waiter *waiter);

/* What is known now, or null; good until control returns to the loop. */
const struct metadata *discovery_get(
    const struct discovery *discovery, const struct config_client *client);

/* It did not lead to a token: ask for it again when it is needed next. */
void discovery_doubt(struct discovery *discovery, const struct config_client *client);

#endif
