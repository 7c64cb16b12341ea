/*
 * Authorization requests, which a person's browser carries to the server, and the
 * responses it brings back (RFC 6749, section 4.1). Pure: nothing is sent here.
 *
 * Each request has a state, so that no response but the one to it counts, and a PKCE
 * verifier (RFC 7636), without which nobody gets anything for the code.
 */
#ifndef POSTOAK_OAUTH_AUTHORIZATION_H
#define POSTOAK_OAUTH_AUTHORIZATION_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/form.h"

/* 32 random octets in base64url: 256 bits, and the 43 characters that PKCE asks for. */
#define AUTHORIZATION_RANDOM_SIZE 44

/* What only the two sides know. */
struct authorization_proof {
	char state[AUTHORIZATION_RANDOM_SIZE];
	char verifier[AUTHORIZATION_RANDOM_SIZE];
};

struct authorization_request {
	const char *endpoint; /* may have a query, which stays (RFC 6749, section 3.1) */
	const char *client_id;
	const char *redirect_uri;
	const struct config_strings *scopes;
	const struct config_parameters *parameters; /* further ones */
};

/* What the response to a request must be like. */
struct authorization_expectation {
	const char *state;
	const char *issuer; /* null: not known, so nothing can be said about `iss` */
	bool issuer_named;  /* the server says that its responses name it (RFC 9207) */
	/* For advice; null: not known. */
	const char *provider;
	const char *profile;
	const char *username;
};

/* Fresh random values; the caller wipes them. */
void authorization_proof_make(struct authorization_proof *proof);

/* The S256 challenge for `verifier` (RFC 7636, section 4.2). */
void authorization_challenge(const char *verifier, char challenge[AUTHORIZATION_RANDOM_SIZE]);

/*
 * Write the URL to send the browser to into the empty `url`, the caller's to wipe. -1 and
 * `error`: EX_CONFIG where a further parameter is one of ours, EX_OSERR.
 */
int authorization_url(const struct authorization_request *request,
    const struct authorization_proof *proof, struct form *url, struct error *error);

/* True where `response` (a URL, or its query) has exactly this state, whatever else it says. */
bool authorization_is_ours(const char *response, const char *state);

/*
 * Make sense of `response`, the URL that the browser was sent back to, or its query
 * (RFC 6749, section 4.1.2). On success *code is fresh and freed with secret_free.
 * -1 and `error`: EX_DATAERR where it is no response to this request, which can
 * still be answered; EX_NOPERM where a person or the server refused, EX_TEMPFAIL where
 * the server had trouble, EX_CONFIG where the client or its request is at fault, or
 * another issuer answered (RFC 9207).
 */
int authorization_response(const char *response,
    const struct authorization_expectation *expectation, char **code, struct error *error);

#endif
