/* The command lines of a transaction, with the parameters that the relay knows. */
#ifndef POSTOAK_DELIVERY_PARAMETERS_H
#define POSTOAK_DELIVERY_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/delivery/hello.h"
#include "queue/spool/envelope.h"

/* An address, a path's brackets and all parameters at their longest. */
#define PARAMETERS_LINE_MAX 2000

/*
 * "MAIL FROM:<sender> ..." for a message of `size` octets. SIZE (RFC 1870), BODY
 * (RFC 6152), SMTPUTF8 (RFC 6531; where the envelope or `utf8` asks for it), RET and
 * ENVID (RFC 3461) as far as `hello` offers them. Returns 0, or -1 where it does not fit.
 */
int parameters_mail(const struct hello *hello, const struct envelope *envelope, const char *sender,
    bool utf8, uint64_t size, char line[PARAMETERS_LINE_MAX]);

/*
 * "RCPT TO:<address> ..." with NOTIFY (NOTIFY_ bits, 0: none) and ORCPT (null: none)
 * where DSN is offered. Returns 0, or -1 where it does not fit.
 */
int parameters_rcpt(const struct hello *hello, const char *address, unsigned notify,
    const char *orcpt, char line[PARAMETERS_LINE_MAX]);

#endif
