/*
 * Sealed text: AES-256-GCM in one line, under keys derived from the master key.
 *
 *     $e1$KEYID$NONCE$CIPHERTEXT-AND-TAG
 *
 * KEYID names the master key without betraying it; NONCE (12 fresh random octets)
 * and ciphertext are base64. The associated data binds the line to its place, so
 * that one copied elsewhere, or an older one put back, does not open.
 */
#ifndef POSTOAK_OAUTH_SEAL_H
#define POSTOAK_OAUTH_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"

#define SEAL_KEY_SIZE 32
#define SEAL_ID_SIZE 17     /* 16 hexadecimal digits */
#define SEAL_DIGEST_SIZE 33 /* 32 hexadecimal digits */

enum seal_store { SEAL_SECRETS, SEAL_TOKENS, SEAL_STORES };

struct seal_keys {
	char id[SEAL_ID_SIZE];
	unsigned char store[SEAL_STORES][SEAL_KEY_SIZE];
	const struct seal_keys *older; /* they open only what they sealed before; null: none */
};

/* Where a sealed line belongs. Names are [A-Za-z0-9._-]. */
struct seal_place {
	enum seal_store store;
	const char *name;
	const char *field;
	uint64_t generation;
};

/*
 * Derive all keys of one master key, from `length` octets of master key (HKDF, RFC 5869, SHA-256,
 * no salt: the master key is uniformly random). Returns 0, or -1 and `error` (EX_SOFTWARE). The
 * caller wipes both.
 */
int seal_keys_derive(
    struct seal_keys *keys, const unsigned char *master, size_t length, struct error *error);

/* Seal a string. Returns a fresh line without newline, or null and `error` (EX_SOFTWARE). */
char *seal_close(const struct seal_keys *keys, const struct seal_place *place, const char *secret,
    struct error *error);

/*
 * Open a line with the keys or the older ones that sealed it. On success *secret is fresh
 * and freed with secret_free. EX_CONFIG where it was another master key, EX_DATAERR where it is
 * malformed, was altered, or belongs to another place.
 */
int seal_open(const struct seal_keys *keys, const struct seal_place *place, const char *line,
    char **secret, struct error *error);

/* True for text that begins as a sealed line does. */
bool seal_is_line(const char *text);

/* True for a line that these keys sealed, not older ones. */
bool seal_is_current(const struct seal_keys *keys, const char *line);

/*
 * Whether one of the keys, or of the older ones, sealed the line. EX_CONFIG where it was
 * another master key, EX_DATAERR where it is malformed.
 */
int seal_check(const struct seal_keys *keys, const struct seal_place *place, const char *line,
    struct error *error);

/*
 * A digest of a secret (SHA-256, 128 bits, hex): tells whether it changed. Where it could
 * be guessed, the digest is as good as the secret itself.
 */
int seal_digest(const char *secret, char digest[SEAL_DIGEST_SIZE], struct error *error);

#endif
