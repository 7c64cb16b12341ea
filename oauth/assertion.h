/* Assertions that Postoak signs itself, to prove who asks or who is spoken for (RFC 7523). */
#ifndef POSTOAK_OAUTH_ASSERTION_H
#define POSTOAK_OAUTH_ASSERTION_H

#include <stdint.h>

#include <openssl/types.h>

#include "config/error.h"
#include "oauth/jwt.h"

/* Seconds. A server whose clock is a little behind must not see the future. */
#define ASSERTION_SKEW 30
#define ASSERTION_LIFE 300

struct assertion {
	const char *issuer;
	const char *subject;
	const char *audience;
	const char *scope; /* separated by spaces, as Google wants it in here; null: none */
};

/*
 * Sign an assertion that is good from ASSERTION_SKEW before `now` (seconds since the
 * epoch), for ASSERTION_LIFE, and for one use (RFC 7523, section 3). Returns it, freed with
 * secret_free; or null and `error` as jwt_sign.
 */
char *assertion_sign(const struct assertion *assertion, const struct jwt_header *header,
    EVP_PKEY *key, int64_t now, struct error *error);

#endif
