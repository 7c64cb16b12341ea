/*
 * The state directory: who may use it, its key, and files in it that change only
 * as a whole.
 *
 *     state/lock            flock: one process at a time
 *     state/machine.key     the master key, unless a systemd credential is (master_key.h)
 *     state/machine.key.old the one before, until nothing is sealed with it
 *     state/secrets/NAME    a sealed secret (stored_secret.h)
 *     state/tokens/PROFILE  tokens of a profile (stored_token.h)
 *
 * Directories are 0700, files 0600. A name beginning with a dot is a file being
 * written; one that a crash left is overwritten by the next.
 */
#ifndef POSTOAK_OAUTH_STORE_H
#define POSTOAK_OAUTH_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/seal.h"

#define STORE_FILE_MAX 262144

struct store;

/*
 * Open the state directory at `path`, created where missing, take its lock and
 * load (or make) the master key. On success *store is new. EX_TEMPFAIL where
 * another process has the lock; EX_CONFIG where the directory or the key is not
 * as it must be: not ours, open to others, missing while sealed data exist.
 */
int store_open(const char *path, struct store **store, struct error *error);

/* Wipe the keys and give up the lock; null is allowed. */
void store_close(struct store *store);

/* The keys: those of the current master key, and older ones behind them. */
const struct seal_keys *store_keys(const struct store *store);

/* True where the master key is a systemd credential, which only the service can change. */
bool store_key_is_of_service(const struct store *store);

/* Read the keys again: what others did to them meanwhile counts. Errors as store_open's;
 * the keys stay as they were then. */
int store_load_keys(struct store *store, struct error *error);

/* Change the keys (master_key.h) and load them. */
int store_renew_key(struct store *store, struct error *error);
int store_forget_older_keys(struct store *store, struct error *error);

/*
 * The names of all files in a place, sorted. The caller frees `names` (strings_free);
 * -1 and `error` (EX_IOERR, EX_OSERR).
 */
int store_list(const struct store *store, enum seal_store place, struct config_strings *names,
    struct error *error);

/*
 * Read the file `name`. Returns 1 with *text a fresh terminated string, 0 where
 * there is none, -1 and `error` (EX_DATAERR for a name that cannot be one, a file
 * over STORE_FILE_MAX or one with NUL in it, EX_CONFIG for one that is not ours or open
 * to others, EX_IOERR).
 */
int store_read(const struct store *store, enum seal_store place, const char *name, char **text,
    struct error *error);

/*
 * Make `text` the content of the file `name`, whole or not at all; on return it is
 * durable. -1 and `error` (EX_DATAERR, EX_IOERR) otherwise.
 */
int store_replace(const struct store *store, enum seal_store place, const char *name,
    const char *text, struct error *error);

/* Remove the file, durably. Returns 1, 0 where there was none, -1 and `error`. */
int store_remove(
    const struct store *store, enum seal_store place, const char *name, struct error *error);

#endif
