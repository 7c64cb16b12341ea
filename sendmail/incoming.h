/*
 * Where sendmail's messages go: the accept protocol (queue/spool/accept.h) in the
 * spool's incoming/, with the group's privilege raised around exactly the calls that
 * need it; or, where incoming/ is closed to us, a file that is handed to the runner
 * over its socket. Closed means EACCES, EPERM, EROFS or ENOENT: a file system that is
 * full or broken is no reason for the socket.
 */
#ifndef POSTOAK_SENDMAIL_INCOMING_H
#define POSTOAK_SENDMAIL_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/spool/envelope.h"

struct incoming;

/*
 * Open a new message file. Where the spool is missing and the runner's socket is, too,
 * the spool is created if the caller may. Refuses while there is not enough room.
 * `config` and `envelope` are borrowed until incoming_free. Null and `error`
 * (EX_TEMPFAIL, EX_CONFIG), and errno.
 */
struct incoming *incoming_begin(
    const struct config *config, struct envelope *envelope, struct error *error);

/* True where the message goes over the socket: its receiver then decides who may send
 * as whom. */
bool incoming_is_by_socket(const struct incoming *incoming);

/* Append canonical octets. Returns 0, or -1 and `error` (EX_TEMPFAIL). */
int incoming_write(struct incoming *incoming, const void *data, size_t length, struct error *error);

/*
 * Make it durable under a queue id, and with `wake` tell the runner, which else finds it
 * by itself. Returns 0 and *id, or -1 and `error`: EX_TEMPFAIL, and over the socket what
 * the receiver says (EX_DATAERR, EX_NOPERM).
 */
int incoming_publish(struct incoming *incoming, bool wake, uint64_t *id, struct error *error);

/* Remove what was not published. Null is allowed. */
void incoming_free(struct incoming *incoming);

#endif
