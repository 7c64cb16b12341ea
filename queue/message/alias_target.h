/* What stands right of the colon in an aliases file, and on the lines of :include: files. */
#ifndef POSTOAK_MESSAGE_ALIAS_TARGET_H
#define POSTOAK_MESSAGE_ALIAS_TARGET_H

#include <stddef.h>

#include "config/error.h"
#include "queue/message/address.h"

enum alias_target { ALIAS_ADDRESS, ALIAS_INCLUDE, ALIAS_COMMAND, ALIAS_FILE };
enum alias_target alias_target_kind(const struct mailbox *target);

/*
 * Append the targets in `length` octets of `text`, separated by commas, to `list`: addresses,
 * and "|command", "/file" and ":include:/file", quoted or not, as written without their
 * quotes, told apart by alias_target_kind. On failure the list is as before; EX_DATAERR, EX_OSERR.
 */
int alias_target_parse(
    const char *text, size_t length, struct address_list *list, struct error *error);

#endif
