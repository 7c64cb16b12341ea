/*
 * One message on its way in: octets as they come become a durable file in the spool's
 * incoming/, or where that is closed to us, are handed to the runner, which does that.
 * The same for a message on standard input and one in an SMTP dialogue.
 *
 * submission_new, submission_feed any number of times, submission_finish;
 * submission_free in the end. Without a successful submission_finish nothing is left
 * behind.
 */
#ifndef POSTOAK_SENDMAIL_SUBMISSION_H
#define POSTOAK_SENDMAIL_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/message/address.h"
#include "queue/spool/envelope.h"

/* What a submitter asks of one recipient: RFC 3461. */
struct submission_dsn {
	unsigned notify; /* NOTIFY_* bits */
	char *orcpt;     /* a valid ORCPT value; null: none was given */
};

struct submission_options {
	const struct config *config;
	const char *sender;                    /* envelope sender, with domain; "" null */
	const char *full_name;                 /* for From, by -F; null: the user's */
	const struct address_list *recipients; /* as given, before aliases */
	bool extract;                          /* add those the header names */
	bool no_aliases;
	bool dot_ends;   /* a lone dot ends the message */
	bool gateway;    /* do not complete the header */
	bool smtputf8;   /* asked for; else by the addresses */
	bool queue_only; /* do not wake the runner */
	unsigned notify; /* NOTIFY_* bits, for every recipient */
	/* One for each of `recipients`, instead of `notify`; null: none. */
	const struct submission_dsn *dsn;
	enum envelope_ret ret;
	const char *envelope_id; /* any text; null: none */
};

struct submission;

/* Everything `options` points to is borrowed until submission_free. Null and `error`. */
struct submission *submission_new(const struct submission_options *options, struct error *error);

/*
 * Take octets of the message. Returns 0 to go on, 1 where a lone dot ended it, -1 and
 * `error`: EX_USAGE no recipients, EX_DATAERR a bad address in the header, a message
 * or header too large, too many recipients; EX_NOPERM a sender that the caller may not
 * send as; EX_TEMPFAIL where the spool cannot take it now. errno is EMSGSIZE with
 * EX_DATAERR where it is the size, and ENOSPC or EDQUOT with EX_TEMPFAIL where it is
 * room. After a failure only submission_free.
 */
int submission_feed(
    struct submission *submission, const char *data, size_t length, struct error *error);

/* The message is complete: make it durable and tell the runner. *id is its queue id.
 * Errors as above. */
int submission_finish(struct submission *submission, uint64_t *id, struct error *error);

/* Null is allowed. */
void submission_free(struct submission *submission);

#endif
