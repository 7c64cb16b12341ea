/* Taking messages out of incoming/ into queue/: the trust boundary of the runner. */
#ifndef POSTOAK_SPOOL_TAKE_H
#define POSTOAK_SPOOL_TAKE_H

#include <stdint.h>

#include "config/error.h"
#include "queue/spool/envelope.h"
#include "queue/spool/spool.h"

enum take_result {
	TAKE_OK,      /* in queue/ now; *id may differ from the name it had */
	TAKE_ABSENT,  /* no such file (any more) */
	TAKE_YOUNG,   /* only with `only_old`: its ctime is not yet 10 s old */
	TAKE_CORRUPT, /* moved to corrupt/; `error` says why */
	TAKE_NEWER,   /* a message file of a higher version: left where it is */
	TAKE_FAILED,  /* the system refused; `error` says what; left where it is */
};

/* The age in seconds that a file must have before a scan may take it. */
#define TAKE_AGE 10

/*
 * Take the message `*id`. With `only_old` (names found by a scan, not told by a
 * datagram) files younger than TAKE_AGE are left. On TAKE_OK `envelope` is filled
 * (uid from the file's owner, or from the uid line where spool owns the file) and
 * freed by the caller.
 */
enum take_result take_message(const struct spool *spool, uint64_t *id, int only_old,
    struct envelope *envelope, struct error *error);

/* Move a message that could not be understood from `directory` to corrupt/, with a
 * suffix where the name is in use there. Returns 0, or -1 and errno. */
int take_to_corrupt(const struct spool *spool, int directory, const char *name);

/* Remove dot names in incoming/ and queue/ that are unchanged for 7 days: who wrote
 * them died before they had an id. */
void take_sweep(const struct spool *spool);

#endif
