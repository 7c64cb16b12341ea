/*
 * The syncer: a child of the runner that does everything that waits for the disk,
 * in the order it was asked, so that the event loop never does.
 */
#ifndef POSTOAK_QUEUE_SYNCER_H
#define POSTOAK_QUEUE_SYNCER_H

#include <stdint.h>

#include "config/loop.h"

struct syncer;

enum sync_operation {
	SYNC_DATA,    /* fdatasync(file) */
	SYNC_FILE,    /* fsync(file): also for directories */
	SYNC_SYSTEM,  /* syncfs(file) */
	SYNC_PUBLISH, /* accept_publish_file(file, directory): gives an id */
};

/* `failure` is an errno, 0 for success; `id` is set by SYNC_PUBLISH. */
typedef void sync_done(int failure, uint64_t id, void *context);

/*
 * Start the process. Where it dies it is started again and asked again what it had
 * not answered: a sync that was never reported can be repeated, one that was
 * reported as failed is not. Null and errno where it cannot be started.
 */
struct syncer *syncer_start(struct loop *loop);

/*
 * Ask for an operation; `done` is called later from the loop. `file` and `directory`
 * (-1 where not needed) are duplicated. Returns 0, or -1 and errno.
 */
int syncer_ask(struct syncer *syncer, enum sync_operation operation, int file, int directory,
    sync_done *done, void *context);

/* End the process; callbacks not yet made are not made. */
void syncer_stop(struct syncer *syncer);

#endif
