/* spool/version: which layout a spool has. */
#ifndef POSTOAK_SPOOL_SPOOL_VERSION_H
#define POSTOAK_SPOOL_SPOOL_VERSION_H

#include "config/config.h"
#include "config/error.h"

/*
 * 0 where the spool open as `root` (O_PATH will do) has our version; -1 and `error`
 * otherwise: EX_NOINPUT where it has none yet, EX_CONFIG for a higher one or one
 * that cannot be understood, EX_OSERR for want of what the system has.
 */
int spool_version_check(int root, const struct config *config, struct error *error);

/*
 * Give the spool its version where it has none, owned by `owner` and `group` where
 * the caller is root. The file is complete whenever it is there, after a power cut
 * too. EX_CANTCREAT.
 */
int spool_version_create(
    int root, uid_t owner, gid_t group, const struct config *config, struct error *error);

#endif
