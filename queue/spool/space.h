/* Room in the spool: refusing mail before the file system is full. */
#ifndef POSTOAK_SPOOL_SPACE_H
#define POSTOAK_SPOOL_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/error.h"

/* The share of inodes, in percent, that must be free for root's mail. */
#define SPACE_INODES_PERCENT 1

/*
 * Check that there is room for one more message on the file system of `directory`: `minimum` octets
 * and SPACE_INODES_PERCENT of the inodes (where it counts them) are free; twice both
 * for callers other than root, so that nobody fills the spool for root. Returns 0,
 * or -1 and `error` (EX_TEMPFAIL), and errno ENOSPC where room is what lacks.
 */
int space_check(int directory, uint64_t minimum, bool is_root, struct error *error);

#endif
