/* sendmail -bs: an SMTP session on standard input and output. */
#ifndef POSTOAK_SENDMAIL_SMTP_RUN_H
#define POSTOAK_SENDMAIL_SMTP_RUN_H

#include "config/config.h"
#include "config/error.h"
#include "sendmail/options.h"

/*
 * Serve until QUIT, the end of the input, or SIGTERM, SIGINT or SIGHUP: all are 0, and
 * nothing is left of a message that was not answered with 250. There is no time-out:
 * mailers keep a session open between messages, and it holds nothing that others need. -1
 * and `error` (EX_OSERR) where the session cannot begin.
 */
int smtp_run(const struct options *options, const struct config *config, struct error *error);

#endif
