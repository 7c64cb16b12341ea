/*
 * What happens after a transaction: results are recorded durably, senders told,
 * what was refused for now is scheduled again, what is finished leaves the spool.
 *
 * The order is the spool's promise: `sent` lines are synced before anybody acts on
 * them; a notification is durable before the `failed` lines are, and those before
 * the message goes.
 */
#ifndef POSTOAK_QUEUE_SETTLE_H
#define POSTOAK_QUEUE_SETTLE_H

#include "queue/commit.h"
#include "queue/context.h"
#include "queue/transaction.h"

struct settle;

/* `enqueue` is told of every notification accepted into queue/. Null and ENOMEM. */
struct settle *settle_new(struct context *context, struct commit *commit,
    void (*enqueue)(uint64_t id, void *arg), void *arg);
void settle_free(struct settle *settle);

/* Take over a transaction that has ended, by its end or by the loss of its
 * connection. Its unit is put back, or dropped with the message. */
void settle_transaction(struct settle *settle, struct transaction *transaction);

/*
 * Settle a busy unit without a relay: tell the sender of recipients that failed
 * earlier and could not be told then, and drop the unit where nothing is left.
 */
void settle_without_relay(struct settle *settle, struct unit *unit);

/* Put a busy unit back without an attempt: there was no memory to begin one. */
void settle_postpone(struct settle *settle, struct unit *unit);

/* Settlements under way. */
size_t settle_count(const struct settle *settle);

#endif
