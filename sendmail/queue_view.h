/* mailq, sendmail -bp and postoak queue list: showing the queue. */
#ifndef POSTOAK_SENDMAIL_QUEUE_VIEW_H
#define POSTOAK_SENDMAIL_QUEUE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/selection.h"

/*
 * Write the queue, or what `selection` means of it, to `out` as the runner lists it; where the
 * runner is down, root and the spool's owner read the spool themselves. -1 and `error`:
 * EX_UNAVAILABLE for others, with nothing written.
 */
int queue_view_write(const struct config *config, const struct selection *selection, bool json,
    FILE *out, struct error *error);

/* How many messages that would list. Errors as queue_view_write. */
int queue_view_count(const struct config *config, const struct selection *selection, size_t *count,
    struct error *error);

#endif
