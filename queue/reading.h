/*
 * Reading the backlog: after a start, or when routes changed, the runner knows
 * messages by name and time only. Their headers are read when they are due, and in
 * the background a few at a time; then each goes to the lanes of its profiles.
 */
#ifndef POSTOAK_QUEUE_READING_H
#define POSTOAK_QUEUE_READING_H

#include <stdint.h>

#include "queue/context.h"

/* Let an unread message wait to be read, due at `due` (clock_monotonic_ms); makes
 * context->reading expire. Returns 0, or -1 and ENOMEM. */
int reading_add(struct context *context, struct message *message, uint64_t due);

/* Take a message out of its lanes and let it be read again; none of its units may
 * be busy. */
void reading_again(struct context *context, struct message *message, uint64_t due);

/* Read an unread message at once, if only the delivered log is open; else it is due.
 * The message may be gone after that. */
void reading_now(struct context *context, struct message *message);

/*
 * Read what is due, and some more in the background. Returns the milliseconds until
 * it should be called again, UINT64_MAX for not before something is added.
 */
uint64_t reading_pump(struct context *context);

#endif
