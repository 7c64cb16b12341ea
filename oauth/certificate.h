/* The certificate of a private key, by which a server knows which key signed. */
#ifndef POSTOAK_OAUTH_CERTIFICATE_H
#define POSTOAK_OAUTH_CERTIFICATE_H

#include <openssl/types.h>

#include "config/config.h"
#include "config/error.h"

#define CERTIFICATE_THUMBPRINT_SIZE 45

/*
 * Read the first certificate of the PEM file that `client` names, which must be of
 * `key`, and write the SHA-256 of its DER form in base64url (RFC 7515, section 4.1.8).
 * -1 and `error` as secret_read, or EX_CONFIG.
 */
int certificate_thumbprint(const struct config_client *client, EVP_PKEY *key,
    char thumbprint[CERTIFICATE_THUMBPRINT_SIZE], struct error *error);

#endif
