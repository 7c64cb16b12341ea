/*
 * The spool's incoming/ as sendmail sees it: the accept protocol (queue/spool/accept.h)
 * with the group's privilege raised around exactly the calls that need it, and the
 * word to the runner.
 */
#ifndef POSTOAK_SENDMAIL_INCOMING_H
#define POSTOAK_SENDMAIL_INCOMING_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/spool/envelope.h"

struct incoming;

/*
 * Open a new message file; the spool is created where it is missing and the caller
 * may. Refuses while there is not enough room. `envelope` is borrowed until
 * incoming_free. Null and `error` (EX_TEMPFAIL, EX_CONFIG), and errno.
 */
struct incoming *incoming_begin(
    const struct config *config, struct envelope *envelope, struct error *error);

/* Append canonical octets. Returns 0, or -1 and `error` (EX_TEMPFAIL). */
int incoming_write(struct incoming *incoming, const void *data, size_t length, struct error *error);

/* Make it durable under a queue id. Returns 0 and *id, or -1 and `error` (EX_TEMPFAIL). */
int incoming_publish(struct incoming *incoming, uint64_t *id, struct error *error);

/* Remove what was not published. Null is allowed. */
void incoming_free(struct incoming *incoming);

/*
 * Tell the runner of a message by one datagram. It finds the message by itself later
 * where it is not there or busy, so nothing is reported.
 */
void incoming_notify(const struct config *config, uint64_t id);

#endif
