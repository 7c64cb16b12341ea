/*
 * What an access token says of itself where it is a JWT (RFC 7519, RFC 9068). Nothing is
 * verified: it is for telling people why a relay may not like it, and decides nothing.
 */
#ifndef POSTOAK_OAUTH_TOKEN_CLAIMS_H
#define POSTOAK_OAUTH_TOKEN_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

/* Printable ASCII, other octets as '?', cut where they are longer; "" where not said. */
struct token_claims {
	char audience[256];    /* aud; the first of several */
	char scopes[1024];     /* scp, else scope: separated by spaces */
	char roles[1024];      /* roles, separated by spaces */
	char application[128]; /* appid, else azp, else client_id */
	char tenant[128];      /* tid */
	char user[256];        /* upn, else preferred_username, unique_name or email */
	char object[128];      /* oid: whom the tenant knows it by */
	int64_t expires;       /* exp, seconds since the epoch; 0: not said */
	bool application_only; /* it speaks for no person */
};

/* Read `token`. True where it is a JWT; for any other text false, and all is empty. */
bool token_claims_read(const char *token, struct token_claims *claims);

/* True where `word` is among the words of `list`, which spaces separate. */
bool token_claims_has(const char *list, const char *word);

#endif
