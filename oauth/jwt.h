/* Signed JSON web tokens in compact form (RFC 7515, RFC 7519). */
#ifndef POSTOAK_OAUTH_JWT_H
#define POSTOAK_OAUTH_JWT_H

#include <jansson.h>
#include <openssl/types.h>

#include "config/error.h"

/* RFC 7518, sections 3.3 and 3.5: RSA with SHA-256, by PKCS #1 version 1.5 or by PSS. */
enum jwt_algorithm { JWT_RS256, JWT_PS256 };

struct jwt_header {
	enum jwt_algorithm algorithm;
	const char *key_id;     /* "kid"; null: none */
	const char *thumbprint; /* "x5t#S256", base64url; null: none */
};

/*
 * Sign `claims`. Returns a fresh text, to be freed with secret_free because it is as
 * good as a password; or null and `error`: EX_CONFIG where the key cannot sign so,
 * EX_OSERR.
 */
char *jwt_sign(
    const struct jwt_header *header, const json_t *claims, EVP_PKEY *key, struct error *error);

#endif
