/* sendmail -bv: who would get the mail. */
#ifndef POSTOAK_SENDMAIL_VERIFY_H
#define POSTOAK_SENDMAIL_VERIFY_H

#include <stdio.h>

#include "config/config.h"
#include "config/error.h"
#include "sendmail/options.h"

/*
 * Write the addresses that the recipients of `options` expand to, one a line. Reads no
 * message. -1 and `error`: EX_NOUSER for a word that is no address.
 */
int verify_run(
    const struct options *options, const struct config *config, FILE *out, struct error *error);

#endif
