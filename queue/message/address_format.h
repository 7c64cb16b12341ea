/* Mailboxes back into the text of a header field. */
#ifndef POSTOAK_MESSAGE_ADDRESS_FORMAT_H
#define POSTOAK_MESSAGE_ADDRESS_FORMAT_H

#include <stddef.h>

#include "queue/message/address.h"

/*
 * `list` as a field's body, from the space after the colon on, without the last CRLF:
 * " Name <address>, address", folded with CRLF SP before what would pass 76 columns.
 * `column` is how much stands before it on the line ("From:" 5). Names are quoted or encoded as
 * they need. Nothing in the list, however hostile, begins a line that is not a continuation. A
 * fresh string, or null (ENOMEM).
 */
char *address_list_format(const struct address_list *list, size_t column);

/*
 * The addresses alone, ", " between them, for a log line: cut after some hundred octets.
 * A fresh string, or null (ENOMEM).
 */
char *address_list_summary(const struct address_list *list);

#endif
