/* The set of lanes: one for each profile of the configuration, and after a reload. */
#ifndef POSTOAK_QUEUE_LANES_H
#define POSTOAK_QUEUE_LANES_H

#include "queue/context.h"

/* Make a lane for every profile of context->config and the one for mail without.
 * `expired` and `owner` are for their timers. Returns 0, or -1 and ENOMEM. */
int lanes_create(struct context *context, loop_expired *expired, void *owner);

/*
 * Go over to another configuration, which context owns from now on (the old one is
 * freed). Changed profiles close their connections after the current reply; profiles
 * that wait try again at once; where routes changed, mail that is not on the wire is
 * routed anew. -1 and ENOMEM: the old one stays.
 */
int lanes_reload(
    struct context *context, struct config *config, loop_expired *expired, void *owner);

/* Release all lanes; no unit and no connection may be left. */
void lanes_free(struct context *context);

#endif
