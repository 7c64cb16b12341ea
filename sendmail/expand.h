/* From the recipients a caller named to those the envelope has. */
#ifndef POSTOAK_SENDMAIL_EXPAND_H
#define POSTOAK_SENDMAIL_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/message/address.h"
#include "queue/message/recipients.h"

/*
 * Append the addresses that `count` command line words name to `list`: each word is an
 * address list, as cron and many others pass it. EX_DATAERR for a bad one.
 */
int expand_parse_words(
    char *const *words, size_t count, struct address_list *list, struct error *error);

/*
 * Expand `given` into `recipients` (fresh; recipients_free), reading the aliases file
 * only where a local name asks for it and not with `no_aliases`. What is wrong in the
 * aliases is logged. EX_USAGE where nobody is left, EX_DATAERR for a null address or too
 * many, EX_NOINPUT where the aliases cannot be read.
 */
int expand_recipients(const struct config *config, bool no_aliases,
    const struct address_list *given, struct recipients *recipients, struct error *error);

#endif
