/*
 * Group commit of results: lines go into the delivered log, one sync makes all of
 * them durable that came meanwhile, and only then anybody acts on them.
 */
#ifndef POSTOAK_QUEUE_COMMIT_H
#define POSTOAK_QUEUE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/context.h"
#include "queue/spool/delivered.h"

struct commit;

typedef void commit_done(void *context);

/* Null and ENOMEM. `context` must live as long, with its delivered log open. */
struct commit *commit_new(struct context *context);
void commit_free(struct commit *commit);

/*
 * Record `count` lines (copied; 0: just wait for what was recorded before) and call
 * `done` once they are durable. Where the log cannot be written it is tried again
 * until it can; context->log_broken says so meanwhile. -1 and ENOMEM: nothing was
 * recorded.
 */
int commit_record(struct commit *commit, const struct delivered_line *lines, size_t count,
    commit_done *done, void *done_context);

/* True where nothing waits to become durable. */
bool commit_is_idle(const struct commit *commit);

#endif
