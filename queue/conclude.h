/*
 * What becomes of a unit once its results have been acted on: the next attempt, the
 * next part of a large message, or the end; and the warning that it takes longer.
 */
#ifndef POSTOAK_QUEUE_CONCLUDE_H
#define POSTOAK_QUEUE_CONCLUDE_H

#include <stddef.h>
#include <stdint.h>

#include "queue/context.h"

struct conclude;

/* `enqueue` is told of every warning accepted into queue/. Null and ENOMEM. */
struct conclude *conclude_new(
    struct context *context, void (*enqueue)(uint64_t id, void *arg), void *arg);
void conclude_free(struct conclude *conclude);

/*
 * Conclude a busy unit by its recipients' fates. `relay` is the relay that took part,
 * null for none. A unit of which nothing was decided comes back at once, or after
 * `penalty_ms`.
 */
void conclude_unit(
    struct conclude *conclude, struct unit *unit, const char *relay, uint64_t penalty_ms);

/* Warnings on their way to the disk. */
size_t conclude_count(const struct conclude *conclude);

#endif
