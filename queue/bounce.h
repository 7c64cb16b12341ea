/*
 * Telling senders: who is told, and the notification put durably into the queue.
 *
 * A failed message with a null sender is a bounce that failed: postmaster is told.
 * What cannot reach postmaster either goes to undeliverable/.
 */
#ifndef POSTOAK_QUEUE_BOUNCE_H
#define POSTOAK_QUEUE_BOUNCE_H

#include <stddef.h>
#include <stdint.h>

#include "queue/context.h"
#include "queue/report.h"

enum bounce_result {
	BOUNCE_TOLD,          /* accepted durably under the id */
	BOUNCE_UNWANTED,      /* nobody asked to be told (NOTIFY, RFC 3461 4.1) */
	BOUNCE_UNDELIVERABLE, /* nobody is left to be told */
	BOUNCE_FAILED,        /* could not be accepted: try again later */
};

typedef void bounce_done(enum bounce_result result, uint64_t id, void *context);

/*
 * Tell the sender of the message `id` about `recipients` (only those whose NOTIFY
 * wants it). Everything handed in is used before this returns; `done` is called
 * once, now or later.
 */
void bounce_send(struct context *context, enum report_kind kind, uint64_t id,
    const struct envelope *original, int file, const struct report_recipient *recipients,
    size_t count, bounce_done *done, void *done_context);

#endif
