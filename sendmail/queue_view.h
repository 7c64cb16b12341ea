/* mailq, sendmail -bp and postoak queue list: showing the queue. */
#ifndef POSTOAK_SENDMAIL_QUEUE_VIEW_H
#define POSTOAK_SENDMAIL_QUEUE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "config/error.h"

/*
 * Write the queue to `out` as the runner lists it; where the runner is down, root and
 * the spool's owner read the spool themselves. -1 and `error`: EX_UNAVAILABLE for
 * others, with nothing written.
 */
int queue_view_write(const struct config *config, bool json, FILE *out, struct error *error);

/* The number of messages in the queue. Errors as queue_view_write. */
int queue_view_count(const struct config *config, size_t *count, struct error *error);

#endif
