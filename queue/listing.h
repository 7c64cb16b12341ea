/*
 * The queue as mailq shows it: Postfix's short format, and postqueue -j's JSON.
 * Reads the spool; used by the runner's listing child, and by mailq itself where
 * the runner is down.
 */
#ifndef POSTOAK_QUEUE_LISTING_H
#define POSTOAK_QUEUE_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/error.h"
#include "queue/selection.h"
#include "queue/spool/spool.h"

struct listing_options {
	bool json;
	/* Only the messages that it means; null: all. */
	const struct selection *selection;
	/* True where the message is on the wire; null: none is. */
	bool (*active)(uint64_t id, void *context);
	/* The reason to show instead of the last reply (a suspended profile, no profile),
	 * into `reason`; false: none. Null: none ever. */
	bool (*waits)(uint64_t id, char *reason, size_t size, void *context);
	void *context;
};

/* Write the listing. -1 and `error` where the spool cannot be read or `out`
 * cannot be written. A message that disappears meanwhile is left out. */
int listing_write(const struct spool *spool, const struct listing_options *options, FILE *out,
    struct error *error);

#endif
