/*
 * Which message goes when, over which connection: opens them where queued mail is
 * worth it, and hands out transactions.
 */
#ifndef POSTOAK_QUEUE_DISPATCH_H
#define POSTOAK_QUEUE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/context.h"
#include "queue/settle.h"

struct dispatch;

/*
 * `changed` is called when a lane's condition changes (a person may have to be
 * told). Null and ENOMEM.
 */
struct dispatch *dispatch_new(struct context *context, struct settle *settle,
    void (*changed)(struct lane *lane, void *arg), void *arg);

/* The channels to agent and launcher; -1: none now, nothing is opened meanwhile. They
 * stay the caller's. */
void dispatch_set_agent(struct dispatch *dispatch, int channel);
void dispatch_set_launcher(struct dispatch *dispatch, int channel);

/* Do for a lane whatever can be done now, and set its timer for what comes next. */
void dispatch_pump(struct dispatch *dispatch, struct lane *lane);

/* A worker of the profile that tells its dialogue, for a test: its channel (work.h), or -1
 * and errno as worker_start. `fresh`: the agent asks again for what it was refused before. */
int dispatch_start_worker(struct dispatch *dispatch, const char *profile, bool fresh);

/* A person wants the profile to be tried: what the agent holds against it is
 * forgotten. */
void dispatch_probe(struct dispatch *dispatch, struct lane *lane);

/* Connections that are open or opening, in all lanes. */
size_t dispatch_count(const struct dispatch *dispatch);

#endif
