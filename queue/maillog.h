/* The log lines about messages, in Postfix's shape, so that its tools read them. */
#ifndef POSTOAK_QUEUE_MAILLOG_H
#define POSTOAK_QUEUE_MAILLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/spool/envelope.h"

/* Who submitted it, its Message-ID (read from `file`) and its size. */
void maillog_taken(uint64_t id, const struct envelope *envelope, int file);

/* The same without who submitted it, for what we have written ourselves: those who
 * count deliveries look for its sender and size. */
void maillog_queued(uint64_t id, const struct envelope *envelope, int file);

/* The parts of one recipient's line. */
struct maillog_delivery {
	const char *to;
	const char *relay;    /* "host[ip]:port", or "none" */
	double delays[4];     /* seconds: before the queue, in it, connection, transmission */
	const char *enhanced; /* "2.0.0" */
	const char *status;   /* sent, deferred, bounced */
	const char *reply;
	bool expired;     /* the lifetime is over; the reply is the last one */
	const char *from; /* as sent; null or "": not shown */
	const char *reply_to;
};
void maillog_delivery(uint64_t id, const struct maillog_delivery *delivery);

/* "kind" is "sender non-delivery", "postmaster non-delivery", "sender delay" or "sender
 * delivery status". */
void maillog_bounce(uint64_t id, const char *kind, uint64_t bounce);
void maillog_removed(uint64_t id);
void maillog_renamed(uint64_t old_id, uint64_t new_id);

/* A line about a message that has no shape of its own. */
void maillog_note(int priority, uint64_t id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
