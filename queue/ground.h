/*
 * The ground the daemon stands on, prepared while it still has every right: users,
 * directories, the spool's lock, the agent's socket.
 */
#ifndef POSTOAK_QUEUE_GROUND_H
#define POSTOAK_QUEUE_GROUND_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"
#include "config/process.h"

struct ground {
	char users[PROCESS_ROLES][PROCESS_USER_MAX]; /* who each becomes; ours where not root */
	bool separated;                              /* they are different users */
	int lock;                                    /* the spool's, held */
	int agent_listener;                          /* run/agent */
	int announce;                                /* told once everything runs, or -1 */
	char agent_path[108];
};

/*
 * EX_NOUSER where started by root and a user is missing; EX_CANTCREAT, EX_CONFIG;
 * EX_TEMPFAIL where another runner has the spool.
 */
int ground_prepare(
    struct ground *ground, const struct config *config, int announce, struct error *error);

/* Release the lock, remove the socket. */
void ground_release(struct ground *ground);

#endif
