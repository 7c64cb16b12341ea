/* SPDX-License-Identifier: ISC */
#include "oauth/assertion.h"

#include <sysexits.h>

#include <openssl/rand.h>

#include "oauth/base64url.h"

#define IDENTIFIER_OCTETS 16

char *
assertion_sign(const struct assertion *assertion, const struct jwt_header *header, EVP_PKEY *key,
    int64_t now, struct error *error)
{
	json_int_t begin = now - ASSERTION_SKEW;
	unsigned char random[IDENTIFIER_OCTETS];
	char identifier[BASE64URL_SIZE(IDENTIFIER_OCTETS)];
	json_t *claims;
	char *text;

	if (RAND_bytes(random, sizeof(random)) != 1) {
		error_set(error, EX_OSERR, "no random numbers for an assertion");
		return NULL;
	}
	base64url_encode(identifier, random, sizeof(random));
	claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s*}", "iss", assertion->issuer,
	    "sub", assertion->subject, "aud", assertion->audience, "jti", identifier, "iat", begin,
	    "nbf", begin, "exp", begin + ASSERTION_LIFE, "scope", assertion->scope);
	if (claims == NULL) {
		/* Or what is configured is not UTF-8, which YAML does not let through. */
		error_set(error, EX_OSERR, "no memory for an assertion");
		return NULL;
	}
	text = jwt_sign(header, claims, key, error);
	json_decref(claims);
	return text;
}
