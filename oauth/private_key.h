/* Keys that assertions are signed with. */
#ifndef POSTOAK_OAUTH_PRIVATE_KEY_H
#define POSTOAK_OAUTH_PRIVATE_KEY_H

#include <openssl/types.h>

#include "config/error.h"

/*
 * Read the first private key of `pem` (PKCS #8 or #1). Returns it, freed with
 * EVP_PKEY_free; or null and `error` (EX_CONFIG): not a key, encrypted, not RSA, under
 * 2048 bits.
 */
EVP_PKEY *private_key_read(const char *pem, struct error *error);

#endif
