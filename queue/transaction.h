/* One transaction: some recipients of one message, on one connection. */
#ifndef POSTOAK_QUEUE_TRANSACTION_H
#define POSTOAK_QUEUE_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "queue/backlog.h"
#include "queue/delivery/outcome.h"

/* What was decided about one recipient. */
struct verdict {
	bool given; /* false: nothing yet, or only about the profile: not counted */
	enum outcome_class class;
	bool replied; /* the relay said so; else it is a reason of our own */
	bool expired; /* class was LATER, but the lifetime is over */
	char enhanced[12];
	char *reply;
};

struct transaction {
	LIST_ENTRY(transaction) entry; /* in its connection's list */
	uint64_t number;
	struct unit *unit; /* busy */
	uint32_t count;
	uint32_t *indexes;        /* ascending */
	struct verdict *verdicts; /* one an index */
	char relay[320];          /* "": no relay took part */
	bool dsn;                 /* it speaks DSN (RFC 3461): NOTIFY was passed on */
	double delays[4];         /* as maillog.h */
	char from[512];           /* as sent */
	char reply_to[512];
	uint64_t penalty_ms; /* the unit waits that long where nothing was decided */
	bool corrupt;        /* the file's checksum was wrong */
};

/* A transaction of `count` recipients whose `indexes` it takes over, the unit's
 * recipients being marked busy by the caller. Null and ENOMEM. */
struct transaction *transaction_new(struct unit *unit, uint32_t *indexes, uint32_t count);
void transaction_free(struct transaction *transaction);

/* Note the outcome for index `index`, or for all without a verdict
 * (WORK_ALL_RECIPIENTS). A later outcome for the same recipient changes nothing. */
void transaction_note(
    struct transaction *transaction, uint32_t index, const struct outcome *outcome);

/* True where every recipient has a verdict. */
bool transaction_is_complete(const struct transaction *transaction);

/* True where the relay gave at least one verdict of its own. */
bool transaction_reached(const struct transaction *transaction);

#endif
