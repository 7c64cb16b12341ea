/*
 * SASL: which mechanism to use, and what goes over the wire (RFC 4616, RFC 7628,
 * XOAUTH2, LOGIN). The dialogue itself is login.h's.
 */
#ifndef POSTOAK_DELIVERY_SASL_H
#define POSTOAK_DELIVERY_SASL_H

#include <stddef.h>

#include "config/config.h"
#include "config/credential.h"

/* An encoded response stays within RFC 4954's 12288 octets made larger by what tokens
 * have become: 16 KiB and the NUL. */
#define SASL_RESPONSE_MAX 16385

/* RFC 4954 4: an AUTH command with its initial response, CRLF included. */
#define SASL_COMMAND_MAX 512

struct sasl_login {
	const char *username;
	const char *secret; /* token or password */
	const char *host;   /* OAUTHBEARER names where it goes */
	unsigned port;
};

/* The mechanism of that registered name, without regard to case; MECHANISM_BEST where we
 * do not know it. And the name of one. */
enum mechanism sasl_mechanism(const char *name, size_t length);
const char *sasl_name(enum mechanism mechanism);

/*
 * The mechanism to use of those `offered` (1 << enum mechanism): `wanted` where the
 * profile names one, else the best for the kind of credential: XOAUTH2 before
 * OAUTHBEARER, PLAIN before LOGIN. MECHANISM_BEST where none is left.
 */
enum mechanism sasl_choose(enum mechanism wanted, enum credential_kind kind, unsigned offered);

/*
 * The base64 response of step `step` (0 first; LOGIN has 0 user name and 1 password,
 * the others one). Returns 0; -1 where it would be longer than SASL_RESPONSE_MAX or
 * there is no such step. The caller wipes `response`.
 */
int sasl_response(enum mechanism mechanism, const struct sasl_login *login, unsigned step,
    char response[SASL_RESPONSE_MAX]);

/* What to answer to a challenge that tells of a refusal, so that the relay says 535. */
const char *sasl_dismissal(enum mechanism mechanism);

/*
 * The content of a challenge, decoded where it is base64 of printable text, else as it
 * is; cut at `size`.
 */
void sasl_decode(const char *challenge, char *text, size_t size);

/*
 * Replace every occurrence of `secret`, and of any piece of it that is long enough to
 * matter, in `text` by "[redacted]"; what then no longer fits into `size` is cut. An
 * empty secret changes nothing.
 */
void sasl_redact(char *text, size_t size, const char *secret);

#endif
