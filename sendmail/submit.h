/* sendmail as everybody calls it: the message on standard input. */
#ifndef POSTOAK_SENDMAIL_SUBMIT_H
#define POSTOAK_SENDMAIL_SUBMIT_H

#include "config/config.h"
#include "config/error.h"
#include "sendmail/options.h"

/*
 * Read the message and queue it. 0 only once it is durable; -1 and `error` (EX_USAGE,
 * EX_DATAERR, EX_TEMPFAIL, EX_IOERR) where it is not, and then nothing is left of it.
 */
int submit_run(const struct options *options, const struct config *config, struct error *error);

#endif
