/*
 * What a submitter may ask for delivery status notifications (RFC 3461 4), as -N, -R and
 * -V give it and the parameters of SMTP: in any case.
 */
#ifndef POSTOAK_SENDMAIL_DSN_H
#define POSTOAK_SENDMAIL_DSN_H

#include <stdbool.h>

#include "queue/spool/envelope.h"

/* The NOTIFY_* bits of "success,delay" and the like; 0 where it is no such list. */
unsigned dsn_notify(const char *text);

/* "full" or "hdrs"; RET_UNSET where it is neither. */
enum envelope_ret dsn_ret(const char *text);

/* True for an envelope id that can be transmitted: printable ASCII, of bounded length as
 * xtext. */
bool dsn_envelope_id_is_valid(const char *text);

#endif
