/*
 * Getting together the configured secrets that one request needs, wherever they are:
 * sealed, in files and variables, or printed by commands, which takes a while.
 *
 * They are read anew for each request and wiped after it. One command after the
 * other: for one profile there is never more than one at a time.
 */
#ifndef POSTOAK_OAUTH_GATHER_H
#define POSTOAK_OAUTH_GATHER_H

#include <stdbool.h>

#include "config/error.h"
#include "config/secret.h"
#include "oauth/environment.h"

enum gather_slot {
	GATHER_CLIENT_SECRET,
	GATHER_CLIENT_ASSERTION,
	GATHER_PRIVATE_KEY,
	GATHER_SERVICE_ACCOUNT,
	GATHER_REFRESH_TOKEN,
	GATHER_PASSWORD,
	GATHER_SLOTS,
};

/* `error`: null where all is there. It may begin again, or wipe. */
typedef void gather_done(const struct error *error, void *context);

struct gather_item {
	const struct secret_reference *reference; /* null: not wanted */
	const char *owner;
	bool optional;
	char *value; /* null: not there */
};

struct gather {
	const struct environment *environment;
	gather_done *done;
	void *context;
	struct gather_item items[GATHER_SLOTS];
	size_t next;
	struct command *command; /* null: none runs */
};

void gather_init(
    struct gather *gather, const struct environment *environment, gather_done *done, void *context);

/*
 * Put on the list what `reference` points to, unless it is not configured. `owner`
 * (the name of the client or profile, for messages) and `reference` must stay until
 * the end. What is `optional` is left out where it cannot be had.
 */
void gather_want(struct gather *gather, enum gather_slot slot,
    const struct secret_reference *reference, const char *owner, bool optional);

/*
 * Begin; `done` is called once, perhaps before this returns. Its error names the
 * secret, never its content: EX_CONFIG, EX_NOINPUT, EX_NOPERM or EX_DATAERR where a
 * person has to mend something, EX_TEMPFAIL, EX_OSERR or EX_IOERR where that may pass.
 */
void gather_begin(struct gather *gather);

/* What came; null for what was not wanted or could not be had. */
const char *gather_value(const struct gather *gather, enum gather_slot slot);

/* True while `done` is yet to come. */
bool gather_running(const struct gather *gather);

/* Break off, wipe what came, and forget the list. */
void gather_wipe(struct gather *gather);

#endif
