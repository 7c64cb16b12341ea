/* The files delivered.N. Used by delivered.c. */
#ifndef POSTOAK_SPOOL_DELIVERED_GENERATION_H
#define POSTOAK_SPOOL_DELIVERED_GENERATION_H

#include <stddef.h>
#include <stdint.h>

/* The numbers of all generations in the spool's root, ascending; freed by the caller.
 * Returns 0, or -1 and errno. */
int delivered_generation_list(int root, uint64_t **numbers, size_t *count);

/* Open one for reading. Returns a descriptor, or -1 and errno. */
int delivered_generation_open(int root, uint64_t number);

/*
 * Make one of `size` octets, all of them written as zeros: its lines then need no
 * space and no change of the inode, which makes syncing them fast and possible on a
 * full disk. Returns a descriptor for writing, or -1 and errno, and nothing is left.
 */
int delivered_generation_create(int root, uint64_t number, size_t size);

void delivered_generation_remove(int root, uint64_t number);

#endif
