/* How a message leaves the queue. No unit of it may be busy. */
#ifndef POSTOAK_QUEUE_DEPART_H
#define POSTOAK_QUEUE_DEPART_H

#include "queue/context.h"

/* All its recipients are final, durably: unlink it, then its history, and forget it. */
void depart_finished(struct context *context, struct message *message);

/* It cannot be understood: move it to corrupt/, log `why`, and forget it. */
void depart_corrupt(struct context *context, struct message *message, const char *why);

/* Forget a message whose file is gone or stays where it is. */
void depart_forget(struct context *context, struct message *message);

#endif
