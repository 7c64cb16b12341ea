/*
 * Processes that read the spool for a request: listing or searching a backlog takes
 * its time, and the runner's event loop has none. A reader has the runner's memory as
 * it was when it was asked, and answers over one descriptor.
 */
#ifndef POSTOAK_QUEUE_READERS_H
#define POSTOAK_QUEUE_READERS_H

#include <sys/types.h>

#include "config/error.h"
#include "queue/spool/spool.h"

struct readers;

/* `spool` is borrowed. Null and ENOMEM. */
struct readers *readers_new(const struct spool *spool);
void readers_free(struct readers *readers);

/* Whether there is room for another: 32 in all, 4 a uid; root has 8 more when others took
 * all. Returns 0, or -1 and `error` (EX_TEMPFAIL). */
int readers_check_room(const struct readers *readers, uid_t uid, struct error *error);

/*
 * Start one for `uid`; there must be room. `work` runs in the new process, with the
 * spool and `fd` open and nothing else of the runner's, and returns 0, or -1 where it
 * failed, which is logged; it ends with the runner. `fd` stays open here too. Returns 0, or -1 and
 * errno.
 */
int readers_start(
    struct readers *readers, uid_t uid, int fd, int (*work)(int fd, void *arg), void *arg);

/* A child has ended with `status`, as waitpid(2) gives it: it may have been a reader. */
void readers_reaped(struct readers *readers, pid_t pid, int status);

#endif
