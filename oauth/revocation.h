/*
 * Telling a server to forget tokens (RFC 7009): first the refresh token, which takes what
 * came of it along at many servers, then the access token.
 */
#ifndef POSTOAK_OAUTH_REVOCATION_H
#define POSTOAK_OAUTH_REVOCATION_H

#include "config/config.h"
#include "config/error.h"
#include "oauth/environment.h"
#include "oauth/stored_token.h"

/* What became of a token. */
enum revocation_outcome {
	REVOCATION_NONE,    /* there was none */
	REVOCATION_DONE,    /* the server forgot it, or did not know it any more */
	REVOCATION_REFUSED, /* the server does not revoke tokens of this kind */
	REVOCATION_FAILED,
};

struct revocation_result {
	bool no_endpoint; /* the server has no place to revoke tokens: nothing was sent */
	enum revocation_outcome refresh_token;
	enum revocation_outcome access_token;
	const char *problem; /* with REVOCATION_FAILED: the first one, scrubbed */
};

typedef void revocation_done(const struct revocation_result *result, void *context);

struct revocations;

/* Null and errno. */
struct revocations *revocations_new(const struct environment *environment);

/* Break all off: their ends are told as failures. Null is allowed. */
void revocations_free(struct revocations *revocations);

/* The configuration is about to be read again: likewise. */
void revocations_cancel(struct revocations *revocations);

/*
 * Revoke the tokens of a profile that has a client; `tokens` is taken over and wiped.
 * `done` is called once, perhaps before this returns. -1 and `error` (EX_OSERR): nothing
 * was begun.
 */
int revocations_begin(struct revocations *revocations, const struct config_profile *profile,
    struct stored_token *tokens, revocation_done *done, void *context, struct error *error);

#endif
