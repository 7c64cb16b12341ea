/*
 * One message over an open session: MAIL, RCPT, DATA and what the relay says to each,
 * recipient by recipient (RFC 5321 3.3, RFC 2920, RFC 1870, RFC 3461, RFC 6531).
 */
#ifndef POSTOAK_DELIVERY_TRANSACTION_H
#define POSTOAK_DELIVERY_TRANSACTION_H

#include "queue/delivery/pipeline.h"
#include "queue/delivery/work.h"

enum transaction_end {
	TRANSACTION_DONE,   /* reported; the session can take the next one */
	TRANSACTION_CLOSE,  /* reported; the session cannot go on, drop the connection */
	TRANSACTION_FAILED, /* not ended: `failure` is one of the profile */
};

/*
 * Deliver the message `file` to the recipients that `deliver` names. Reports WORK_RESULT
 * as results come, and WORK_ENDED unless it returns TRANSACTION_FAILED, over `runner`.
 */
enum transaction_end transaction_run(struct pipeline *pipeline, const struct work_deliver *deliver,
    int file, int runner, struct outcome *failure);

#endif
