/* Giving a file another name without ever replacing the one that has it. */
#ifndef POSTOAK_SPOOL_RENAME_H
#define POSTOAK_SPOOL_RENAME_H

/*
 * renameat(2) that fails with EEXIST where `to` exists, on every file system.
 * Returns 0, or -1 and errno. Nothing is synced.
 */
int rename_exclusive(int from_directory, const char *from, int to_directory, const char *to);

#endif
