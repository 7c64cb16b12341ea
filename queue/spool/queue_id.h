/*
 * Queue ids: 12 upper-case hexadecimal digits, the time since the epoch in units
 * of 16 microseconds. Sortable, and what the user sees.
 */
#ifndef POSTOAK_SPOOL_QUEUE_ID_H
#define POSTOAK_SPOOL_QUEUE_ID_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_ID_SIZE 13 /* with the terminating NUL */

/* The id of this moment; the caller takes the next numbers on a collision. */
uint64_t queue_id_now(void);

void queue_id_format(uint64_t id, char text[QUEUE_ID_SIZE]);

/* True and *id set only for exactly 12 upper-case hexadecimal digits: the one test
 * for every name that comes from a directory, a datagram or a person. */
bool queue_id_parse(const char *text, uint64_t *id);

#endif
