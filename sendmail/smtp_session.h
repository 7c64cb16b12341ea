/*
 * The server's side of an SMTP session (RFC 5321) with a program on this host: EHLO with
 * PIPELINING, SIZE, 8BITMIME, SMTPUTF8 and DSN; any number of messages, each of which goes
 * the way of a message on the command line (submission.h).
 *
 * It knows no descriptors: octets come in by smtp_session_feed, in pieces of any size, and
 * replies go out through `put`. Its memory is bounded but for the recipients, of which
 * there are at most RECIPIENTS_MAX.
 *
 * The reply to a message is "250 Ok: queued as ID", which clients match to the letter, and
 * is given only once the message is durable. With an enhanced status code it would not
 * match, so ENHANCEDSTATUSCODES (RFC 2034), which wants them all or none, is not offered.
 */
#ifndef POSTOAK_SENDMAIL_SMTP_SESSION_H
#define POSTOAK_SENDMAIL_SMTP_SESSION_H

#include <stddef.h>

#include "sendmail/submission.h"

/* The longest command, its end included: 512 octets (RFC 5321 4.5.3.1.4), and what an
 * address may have beyond that, and ORCPT (507), NOTIFY (28; RFC 3461 4). */
#define SMTP_LINE_MAX 2048

struct smtp_settings {
	/* What messages are submitted with; the envelope is the client's. */
	struct submission_options message;
	/* Takes replies, whole lines. Returns 0, or -1 where there is no use in going on. */
	int (*put)(void *context, const char *text, size_t length);
	void *context;
};

struct smtp_session;

/* A session that has greeted. `settings` is copied, what it points to borrowed until
 * smtp_session_free. Null: no memory. */
struct smtp_session *smtp_session_new(const struct smtp_settings *settings);

/*
 * Take `length` octets from the client. Returns 0 to go on, or -1 where the session is
 * over: after QUIT, and when `put` failed.
 */
int smtp_session_feed(struct smtp_session *session, const char *data, size_t length);

/* Say that the server closes (421): the last word, where it can still be said. */
void smtp_session_close(struct smtp_session *session);

/* A message that is not complete is gone, and nothing is left of it. Null is allowed. */
void smtp_session_free(struct smtp_session *session);

#endif
