/* Telling the runner of a new message, so that it need not find it by itself. */
#ifndef POSTOAK_SPOOL_NOTIFY_H
#define POSTOAK_SPOOL_NOTIFY_H

#include <stdint.h>

/*
 * Send the id of a message in incoming/ to the socket `notify` in the directory
 * `runtime`. Without the runner, or while it is busy, nothing happens: it finds the
 * message when it looks, so nothing is reported.
 */
void notify_runner(const char *runtime, uint64_t id);

#endif
