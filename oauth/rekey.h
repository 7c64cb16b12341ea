/*
 * Another master key: everything in state/ is sealed anew.
 *
 * Each file changes as a whole and carries the name of its key, and an older key goes
 * only when nothing is sealed with it any more. So whatever ends this halfway, all
 * that is stored can be read, and the next run finishes it.
 */
#ifndef POSTOAK_OAUTH_REKEY_H
#define POSTOAK_OAUTH_REKEY_H

#include <stddef.h>

#include "config/error.h"
#include "oauth/store.h"

/*
 * True where everything in `store` was sealed with a key that is there. EX_CONFIG where
 * it was another one, EX_DATAERR for a damaged file, EX_IOERR.
 */
int rekey_check(const struct store *store, struct error *error);

/*
 * Seal everything with a new machine.key; or, where the key is a systemd credential,
 * with that, what older keys sealed. *count: how many files there are. -1 and `error`:
 * nothing was touched where something does not open (EX_CONFIG, EX_DATAERR), nor where
 * only the service manager can change the key (EX_CONFIG, the text says how); EX_IOERR,
 * EX_CANTCREAT: to be run again.
 */
int rekey(struct store *store, size_t *count, struct error *error);

#endif
