/* Which profiles an administrator holds (`postoak suspend`): survives restarts. */
#ifndef POSTOAK_QUEUE_HELD_PROFILES_H
#define POSTOAK_QUEUE_HELD_PROFILES_H

#include "config/error.h"
#include "queue/context.h"

/* Hold every lane whose profile is named in spool/held-profiles. A missing file
 * names none. */
void held_profiles_read(struct context *context);

/* Write the names of all held lanes, by replacement. The caller makes it durable
 * (SYNC_SYSTEM). -1 and `error` (EX_IOERR). */
int held_profiles_write(const struct context *context, struct error *error);

#endif
