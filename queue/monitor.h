/*
 * The monitor: forks runner, agent and launcher, connects them, starts again what
 * dies, passes signals on, speaks to the service manager. It stays root where it
 * was, touches no mail, no secret and no network.
 */
#ifndef POSTOAK_QUEUE_MONITOR_H
#define POSTOAK_QUEUE_MONITOR_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/selection.h"

struct monitor_options {
	const struct config *config;       /* as of the start: users and directories */
	bool one_pass;                     /* postoakd -q */
	const struct selection *selection; /* postoakd -s; null: all */
	int announce;                      /* gets one octet once everything runs, or -1 */
};

/*
 * Create the directories, take the spool's lock, run until told to stop or, with
 * one_pass, until the runner is through. Returns an exit status; `error` is filled
 * where it is EX_TEMPFAIL, EX_CONFIG, EX_NOUSER or EX_CANTCREAT before anything ran.
 */
int monitor_run(const struct monitor_options *options, struct error *error);

#endif
