/* One mail transaction of an SMTP session: what MAIL and RCPT have said so far. */
#ifndef POSTOAK_SENDMAIL_SMTP_TRANSACTION_H
#define POSTOAK_SENDMAIL_SMTP_TRANSACTION_H

#include <stdbool.h>

#include "config/config.h"
#include "queue/message/address.h"
#include "queue/spool/envelope.h"
#include "sendmail/submission.h"

struct smtp_transaction {  /* start from {0} */
	char *sender;      /* with domain, "" null sender; null before MAIL */
	char *envelope_id; /* xtext; null: none */
	enum envelope_ret ret;
	bool smtputf8;
	struct address_list recipients; /* as given, before aliases */
	struct submission_dsn *dsn;     /* one for each */
};

/*
 * Take the argument of MAIL or RCPT, which is cut into words. Returns the reply, a
 * constant: 250, or why not (RFC 5321 4.2), and then nothing has changed.
 */
const char *smtp_transaction_mail(
    struct smtp_transaction *transaction, const struct config *config, char *argument);
const char *smtp_transaction_rcpt(struct smtp_transaction *transaction, char *argument);

/* Fill in what the message is to be submitted with; borrowed until the next of these calls. */
void smtp_transaction_envelope(
    const struct smtp_transaction *transaction, struct submission_options *options);

/* Forget it all: RSET, and after a message. */
void smtp_transaction_reset(struct smtp_transaction *transaction);

#endif
