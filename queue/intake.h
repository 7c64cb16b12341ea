/*
 * New mail: told of by datagrams to run/notify, or found by a scan of incoming/
 * every half minute.
 */
#ifndef POSTOAK_QUEUE_INTAKE_H
#define POSTOAK_QUEUE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/context.h"

struct intake;

/* Bind run/notify and begin. Null and `error` where the socket cannot be bound. */
struct intake *intake_new(struct context *context, struct error *error);
void intake_free(struct intake *intake);

/* Read the names and times of all messages in queue/, hold/ and incoming/, remove
 * histories without message. Once, at the start. -1 and `error` (EX_IOERR). */
int intake_start(struct intake *intake, struct error *error);

/* Add a message that stands in queue/, due at once. */
void intake_add(struct intake *intake, uint64_t id);

/* The wall clock stepped: let every message be due when its history says. */
void intake_reschedule(struct intake *intake);

/*
 * Look for mail that nobody told us of, now; what is too young to be taken is looked at
 * again as soon as it is old enough.
 */
void intake_look(struct intake *intake);

/* Files in incoming/ as of the last scan that were too young to be taken. */
size_t intake_waiting(const struct intake *intake);

#endif
