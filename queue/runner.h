/* The runner: owns the spool and decides; one event loop, no threads. */
#ifndef POSTOAK_QUEUE_RUNNER_H
#define POSTOAK_QUEUE_RUNNER_H

#include <stdbool.h>

#include "queue/selection.h"

struct runner_options {
	const char *config_path;
	int monitor_channel;               /* process.h */
	int lock;                          /* the spool's lock, held */
	bool separated;                    /* agent and workers are other users than we are */
	bool one_pass;                     /* postoakd -q: try everything once, then end */
	const struct selection *selection; /* of one pass; null: all */
};

/* Run until told to stop; already the right user. Returns an exit status. */
int runner_run(const struct runner_options *options);

#endif
