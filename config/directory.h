/* Directories that whichever program comes first creates with the right modes. */
#ifndef POSTOAK_CONFIG_DIRECTORY_H
#define POSTOAK_CONFIG_DIRECTORY_H

#include <sys/types.h>

#include "config/error.h"

/*
 * Make sure `path` is a directory. Where it is missing it is created (missing
 * parents 0755) with exactly `mode`, whatever the umask, and, when the caller is
 * root, given to `owner` and `group` ((uid_t)-1, (gid_t)-1: leave). An existing
 * one is left as it is. Returns 0, or -1 and `error` (EX_CANTCREAT).
 */
int directory_ensure(const char *path, mode_t mode, uid_t owner, gid_t group, struct error *error);

#endif
