/* The aliases file, in Sendmail's format: aliases(5). */
#ifndef POSTOAK_MESSAGE_ALIASES_H
#define POSTOAK_MESSAGE_ALIASES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"
#include "queue/message/address.h"
#include "queue/message/alias_target.h"

struct aliases;

/*
 * Read the file. A missing one is an empty one. Lines that cannot be understood
 * are skipped and reported through `complain` ("FILE:LINE: message"; may be null).
 * Null and `error` (EX_NOINPUT, EX_OSERR) where it cannot be read. At most 16 MiB.
 */
struct aliases *aliases_load(const char *path, void (*complain)(const char *message, void *context),
    void *context, struct error *error);
void aliases_free(struct aliases *aliases);

/*
 * Report what is understood but has no effect, through `complain` as aliases_load does:
 * names that an earlier line has, and targets that mail cannot go to (commands, files,
 * unusable :include: files). `path` is where they were loaded from. Returns how many there
 * are. For newaliases: at submission the earlier line counts, and such a target becomes
 * postmaster.
 */
size_t aliases_check(const struct aliases *aliases, const char *path,
    void (*complain)(const char *message, void *context), void *context);

/*
 * What `name` (a local part or a whole address, case-insensitive) stands for, or
 * null. Targets that are not addresses (|command, /file, :include:) are kept as
 * written in `address` and told apart by alias_target_kind.
 */
const struct address_list *aliases_find(const struct aliases *aliases, const char *name);

#endif
