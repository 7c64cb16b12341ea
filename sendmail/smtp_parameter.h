/*
 * The parameters of MAIL and RCPT: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531),
 * RET, ENVID, NOTIFY and ORCPT (RFC 3461).
 */
#ifndef POSTOAK_SENDMAIL_SMTP_PARAMETER_H
#define POSTOAK_SENDMAIL_SMTP_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/spool/envelope.h"

/* BODY is checked and not kept: the body itself tells. */
struct smtp_mail_parameters {
	uint64_t size; /* as announced, in octets; 0: not */
	bool smtputf8;
	enum envelope_ret ret;
	const char *envelope_id; /* xtext; null: none */
};

struct smtp_rcpt_parameters {
	unsigned notify;   /* NOTIFY_* bits; 0: none */
	const char *orcpt; /* "type;xtext"; null: none */
};

/*
 * Take the parameters in `text` apart, which is cut into words. What is found stays in
 * it. One may be given twice, as Python's smtplib does, and then the last one counts.
 * Null, or the reply that refuses them: 555 for an unknown one, 501 for a bad value.
 */
const char *smtp_parameter_mail(char *text, struct smtp_mail_parameters *parameters);
const char *smtp_parameter_rcpt(char *text, struct smtp_rcpt_parameters *parameters);

#endif
