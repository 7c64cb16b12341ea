/* :include: files: lists of targets kept outside the aliases file. */
#ifndef POSTOAK_MESSAGE_ALIAS_INCLUDE_H
#define POSTOAK_MESSAGE_ALIAS_INCLUDE_H

#include "config/error.h"
#include "queue/message/address.h"

/*
 * Read the file that the target `include` (":include:/path") names into `list` (start
 * from {0}). Opened with the real user and group, so that a set-gid program lends its
 * caller nothing. The file must be regular, owned by root, readable by all and writable
 * by nobody else. A line that cannot be understood is left out and reported
 * through `complain` ("FILE:LINE: message"; may be null). Returns 0, or -1 and `error`:
 * EX_NOINPUT, EX_NOPERM; EX_OSERR where it is no fault of the file.
 */
int alias_include_read(const char *include, struct address_list *list,
    void (*complain)(const char *message, void *context), void *context, struct error *error);

#endif
