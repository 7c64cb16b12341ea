/* "Try it now": everything, or the messages that a selection means. */
#ifndef POSTOAK_QUEUE_FLUSH_H
#define POSTOAK_QUEUE_FLUSH_H

#include <sys/types.h>

#include "config/error.h"
#include "queue/context.h"
#include "queue/dispatch.h"
#include "queue/intake.h"
#include "queue/readers.h"
#include "queue/selection.h"

struct flush;

/* All are borrowed. Null and ENOMEM. */
struct flush *flush_new(struct context *context, struct dispatch *dispatch, struct readers *readers,
    struct intake *intake);
void flush_free(struct flush *flush);

/* Every message is due now, also mail that was submitted without telling the runner
 * (intake_look), and every profile that is not ready is probed. */
void flush_all(struct flush *flush);

/*
 * The messages that `selection` means are due now, and the profiles they wait for are
 * probed. Mail still in incoming/ is tried as it is taken. Which ones these are is not known in
 * memory: a reader searches the queue on behalf of `uid`, and this returns at once. -1 and `error`:
 * EX_TEMPFAIL where there are too many readers, EX_OSERR.
 */
int flush_selected(
    struct flush *flush, const struct selection *selection, uid_t uid, struct error *error);

#endif
