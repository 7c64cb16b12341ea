/*
 * What becomes of a unit once its results have been acted on: the next attempt, the
 * next part of a large message, or the end; and the notifications that nothing waits for:
 * that it takes longer, that a relay has it which will not say more.
 */
#ifndef POSTOAK_QUEUE_CONCLUDE_H
#define POSTOAK_QUEUE_CONCLUDE_H

#include <stddef.h>
#include <stdint.h>

#include "queue/context.h"
#include "queue/transaction.h"

struct conclude;

/* `enqueue` is told of every notification accepted into queue/. Null and ENOMEM. */
struct conclude *conclude_new(
    struct context *context, void (*enqueue)(uint64_t id, void *arg), void *arg);
void conclude_free(struct conclude *conclude);

/*
 * Tell the sender that a relay without DSN has accepted the message for recipients whose
 * NOTIFY asks for SUCCESS, since that relay will not tell him (RFC 3461 5.2.2). Nothing
 * waits for this, and a crash may take it: delivering twice would be worse.
 */
void conclude_tell_relayed(struct conclude *conclude, const struct transaction *transaction);

/*
 * Conclude a busy unit by its recipients' fates. `relay` is the relay that took part,
 * null for none. A unit of which nothing was decided comes back at once, or after
 * `penalty_ms`.
 */
void conclude_unit(
    struct conclude *conclude, struct unit *unit, const char *relay, uint64_t penalty_ms);

/* Notifications on their way to the disk. */
size_t conclude_count(const struct conclude *conclude);

#endif
