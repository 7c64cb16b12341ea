/*
 * Delivery status notifications: the message that tells a sender what became of
 * his mail. RFC 3464 (status), RFC 6522 (multipart/report), RFC 3461 (what was
 * asked for).
 */
#ifndef POSTOAK_QUEUE_REPORT_H
#define POSTOAK_QUEUE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/accept.h"
#include "queue/spool/envelope.h"

enum report_kind {
	REPORT_FAILED,
	REPORT_DELAYED,
	REPORT_RELAYED, /* the relay has it, and will not say that it delivered it */
};

/* One recipient's part. Strings are the caller's. */
struct report_recipient {
	const struct recipient *recipient;
	const char *enhanced; /* "5.1.1" */
	const char *reply;    /* the relay's reply or our own reason, one line */
	bool expired;         /* it was tried for the whole lifetime */
	const char *advice;   /* what to do about it, one line, or null */
	const char *remote;   /* the relay that said so, or null for our own reason */
};

struct report {
	enum report_kind kind;
	const char *hostname; /* Reporting-MTA */
	const char *from;     /* address of the From field */
	const char *to;       /* address of the To field */
	uint64_t id;          /* of the original */
	uint64_t now_us;
	uint64_t retry_until_us; /* REPORT_DELAYED */
	const struct envelope *original;
	int file; /* the original's spool file */
	const struct report_recipient *recipients;
	size_t count;
};

/*
 * Write the report through `accept`: human text, message/delivery-status, and the
 * original (its header only where RET=HDRS asks for that, it is large, or has not failed). -1 and
 * `error` where it cannot be written or the original cannot be read.
 */
int report_write(const struct report *report, struct accept *accept, struct error *error);

#endif
