/* Getting a worker: the runner's request to agent and launcher. */
#ifndef POSTOAK_QUEUE_WORKER_START_H
#define POSTOAK_QUEUE_WORKER_START_H

#include <stdbool.h>

/*
 * Ask for a worker of `profile`, over the channels to `agent` (its credential) and to
 * `launcher`; either may be -1. `transcript`: it tells its dialogue. Returns the runner's
 * end of its channel (work.h), which does not block, or -1 and errno (EAGAIN where a
 * process is away or busy).
 */
int worker_start(int agent, int launcher, const char *profile, bool transcript);

#endif
