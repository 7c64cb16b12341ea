/* The socket run/submit: who submits there, and how many may at a time. */
#ifndef POSTOAK_QUEUE_RECEIVERS_H
#define POSTOAK_QUEUE_RECEIVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/error.h"
#include "queue/context.h"

/* Connections in all, and of one user. Root has some more when others took all. */
#define RECEIVERS_MAX 64
#define RECEIVERS_A_UID 8
#define RECEIVERS_OF_ROOT 8

struct receivers;

/*
 * Bind run/submit (0666) and start a process (receiver.h) for each connection; those
 * beyond the limits are answered EX_TEMPFAIL at once. Null and `error` where it cannot
 * be bound.
 */
struct receivers *receivers_new(struct context *context, struct error *error);

/* Take no more connections, and tell the processes to end soon. Again: nothing. */
void receivers_stop(struct receivers *receivers);

/* As receivers_stop, and free. Null is allowed. */
void receivers_free(struct receivers *receivers);

/* A child of ours has ended with `status`, as waitpid(2) gives it: true where it was a
 * receiver. One that came to a bad end is logged. */
bool receivers_reaped(struct receivers *receivers, pid_t pid, int status);

/* How many processes there are. */
size_t receivers_count(const struct receivers *receivers);

/* True where user `uid` may have one more connection, when there are `all` and `own` of
 * them are his. */
bool receivers_may_connect(uid_t uid, size_t all, size_t own);

#endif
