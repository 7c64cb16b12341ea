/* Base64 for URLs and JSON web signatures: RFC 4648 section 5, without padding. */
#ifndef POSTOAK_OAUTH_BASE64URL_H
#define POSTOAK_OAUTH_BASE64URL_H

#include <stddef.h>
#include <sys/types.h>

/* Characters that `length` octets become, with the terminating NUL. */
#define BASE64URL_SIZE(length) (((length) + 2) / 3 * 4 + 1)

/* At most what `length` characters become in octets. */
#define BASE64URL_DECODED_MAX(length) (((length) + 3) / 4 * 3)

/* Encode into `text` of at least BASE64URL_SIZE(length) octets; `length` is at most 1 GiB. */
void base64url_encode(char *text, const void *octets, size_t length);

/*
 * Decode `length` characters of `text` into `octets` of at least
 * BASE64URL_DECODED_MAX(length) octets. Returns how many came out, or -1 for what is not
 * base64url; `length` is at most 1 GiB.
 */
ssize_t base64url_decode(void *octets, const char *text, size_t length);

#endif
