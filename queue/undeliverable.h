/* undeliverable/: messages that failed and of which nobody can be told. */
#ifndef POSTOAK_QUEUE_UNDELIVERABLE_H
#define POSTOAK_QUEUE_UNDELIVERABLE_H

#include <stdint.h>

#include "queue/context.h"
#include "queue/syncer.h"

/*
 * Keep the message `id` of queue/, open as `file`, there as well; `done` is called once
 * that is durable, or with the errno of what failed. -1 and errno where it cannot be
 * kept: then `done` is not called.
 */
int undeliverable_keep(struct context *context, uint64_t id, int file, sync_done *done, void *arg);

#endif
