/*
 * A walk over the messages on disk: what lists or searches the queue. It reads every
 * envelope and history and takes its time; never in the runner's event loop.
 */
#ifndef POSTOAK_QUEUE_WALK_H
#define POSTOAK_QUEUE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/selection.h"
#include "queue/spool/envelope.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/spool.h"

/* A message as it is found. */
struct found {
	uint64_t id;
	char name[QUEUE_ID_SIZE];
	struct envelope envelope;
	struct history history;
};

/* What to do with each; false ends the walk. */
typedef bool walk_visit(const struct found *found, void *context);

/*
 * Visit the messages of `directory` (spool->incoming, queue or hold) that `selection`
 * (null: all) means, in the order of their ids. What disappears meanwhile, or is no
 * message, is left out. -1 and `error` (EX_IOERR, EX_OSERR) where the directory cannot
 * be read.
 */
int walk_directory(const struct spool *spool, int directory, const struct selection *selection,
    walk_visit *visit, void *context, struct error *error);

/* True where recipient `index` is still to be delivered to. */
bool found_is_open(const struct found *found, size_t index);

#endif
