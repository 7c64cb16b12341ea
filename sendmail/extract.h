/* sendmail -t: the recipients a header names. */
#ifndef POSTOAK_SENDMAIL_EXTRACT_H
#define POSTOAK_SENDMAIL_EXTRACT_H

#include <stddef.h>

#include "config/error.h"
#include "queue/message/address.h"

/*
 * Append to `list` the addresses of all Resent-To, Resent-Cc and Resent-Bcc fields of
 * the header block where it has any of these, else of all To, Cc and Bcc fields: whom
 * a message was once sent to must not get it again. EX_DATAERR, naming field and
 * address, for one that cannot be understood: nothing is sent in part.
 */
int extract_recipients(
    const char *header, size_t length, struct address_list *list, struct error *error);

#endif
