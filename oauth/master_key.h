/*
 * The key under which everything in state/ is sealed, and where it comes from.
 *
 * There is one that seals. While keys are changed there are older ones beside it, which
 * open what they sealed: those of the credential postoak-key-old and of the files
 * machine.key (where a credential took its place) and machine.key.old.
 */
#ifndef POSTOAK_OAUTH_MASTER_KEY_H
#define POSTOAK_OAUTH_MASTER_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

#define MASTER_KEY_MINIMUM 32
#define MASTER_KEY_MAX 1024

struct master_key {
	unsigned char octets[MASTER_KEY_MAX];
	size_t length;
};

#define MASTER_KEYS_MAX 4

struct master_keys {
	struct master_key keys[MASTER_KEYS_MAX]; /* the first one seals */
	size_t count;
	bool of_service; /* the first one is a credential: ours to use, not to change */
};

/*
 * Read the keys. The first is the systemd credential `postoak-key` where
 * $CREDENTIALS_DIRECTORY has one (32 to 1024 octets, whatever they are), else
 * machine.key in the state directory `state`, which is created with 32 random
 * octets (mode 0400, durable) where there is no key at all and `may_create`.
 *
 * EX_CONFIG: there is no key and none may be made, because sealed data exist that
 * it would not open; or a file is a link, too short, not ours or readable by
 * others. EX_IOERR, EX_CANTCREAT. The caller wipes `keys`, also after a failure.
 */
int master_keys_load(int state, bool may_create, struct master_keys *keys, struct error *error);

/*
 * Make a new machine.key; the one before becomes machine.key.old. At every moment, also
 * when the host crashes, both are there or the old one alone is. EX_CANTCREAT.
 */
int master_key_renew(int state, struct error *error);

/*
 * Remove the file of an older key, durably, once nothing is sealed with it:
 * machine.key.old, and machine.key where a credential took its place (`of_service`).
 * EX_IOERR.
 */
int master_key_forget(int state, bool of_service, struct error *error);

#endif
