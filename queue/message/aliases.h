/* The aliases file, in Sendmail's format: aliases(5). */
#ifndef POSTOAK_MESSAGE_ALIASES_H
#define POSTOAK_MESSAGE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"
#include "queue/message/address.h"

struct aliases;

/*
 * Read the file. A missing one is an empty one. Lines that cannot be understood
 * are skipped and reported through `complain` ("FILE:LINE: message"; may be null).
 * Null and `error` (EX_NOINPUT, EX_OSERR) where it cannot be read. At most 16 MiB.
 */
struct aliases *aliases_load(const char *path,
    void (*complain)(const char *message, void *context), void *context, struct error *error);
void aliases_free(struct aliases *aliases);

/*
 * What `name` (a local part or a whole address, case-insensitive) stands for, or
 * null. Targets that are not addresses (|command, /file, :include:) are kept as
 * written in `address` and told apart by alias_target_kind.
 */
const struct address_list *aliases_find(const struct aliases *aliases, const char *name);

enum alias_target { ALIAS_ADDRESS, ALIAS_INCLUDE, ALIAS_COMMAND, ALIAS_FILE };
enum alias_target alias_target_kind(const struct mailbox *target);

#endif
