/* The key under which everything in state/ is sealed, and where it comes from. */
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

/*
 * Read the master key: the systemd credential `postoak-key` where
 * $CREDENTIALS_DIRECTORY has one (32 to 1024 octets, whatever they are), else
 * machine.key in the state directory `state`, which is created with 32 random
 * octets (mode 0400, durable) where `may_create`.
 *
 * EX_CONFIG: there is no key and none may be made, because sealed data exist that
 * it would not open; or the file is a link, too short, not ours or readable by
 * others. EX_IOERR, EX_CANTCREAT. The caller wipes `key`.
 */
int master_key_load(int state, bool may_create, struct master_key *key, struct error *error);

#endif
