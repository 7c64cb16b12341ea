/* What a forked process keeps open of its parent's. */
#ifndef POSTOAK_QUEUE_KEEP_DESCRIPTORS_H
#define POSTOAK_QUEUE_KEEP_DESCRIPTORS_H

#include <stddef.h>

/*
 * Close every descriptor but standard input, output and error and the `count` ones in
 * `kept`, in any order: who waits for the end of another channel of the runner's, as
 * workers do, must not wait for a child that does something else. The log's is closed,
 * too, and opened again for the next entry.
 */
void keep_descriptors(const int *kept, size_t count);

#endif
