/* A person's consent by way of a web browser (RFC 6749, section 4.1; RFC 8252). */
#ifndef POSTOAK_SENDMAIL_CONSENT_BROWSER_H
#define POSTOAK_SENDMAIL_CONSENT_BROWSER_H

#include "sendmail/consent_call.h"

/*
 * Send the person to the authorization server, and wait for what comes back at the loopback
 * address, on standard input, or both. Returns EX_OK with the report on standard output; -1
 * and `error`: EX_NOPERM where access was refused, EX_TEMPFAIL where nobody answered in time
 * or it was interrupted, else as the agent has it.
 */
int consent_by_browser(const struct consent_call *call, enum consent_way way, struct error *error);

#endif
