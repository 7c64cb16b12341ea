/*
 * What is kept of a profile's tokens: state/tokens/PROFILE.
 *
 * The file is JSON: metadata in clear, the two tokens sealed, and so is the digest of an earlier
 * one. A token belongs to the registration it was made for (`binding`): another client, issuer or
 * scope in the configuration, and it is not used.
 */
#ifndef POSTOAK_OAUTH_STORED_TOKEN_H
#define POSTOAK_OAUTH_STORED_TOKEN_H

#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/store.h"

#define STORED_TOKEN_BINDING_SIZE 65

struct stored_token {
	uint64_t generation; /* counts the access tokens of the profile */
	char binding[STORED_TOKEN_BINDING_SIZE];
	int64_t granted;     /* seconds since the epoch, when the grant's first token came; 0 */
	int64_t issued;      /* seconds since the epoch, when the access token came */
	int64_t expires;     /* likewise */
	char *access_token;  /* null: none */
	char *refresh_token; /* null: none */
	char *scope;         /* as granted; null: not said */
	/* Digest of the configured refresh token this one descends from, or "". */
	char origin[SEAL_DIGEST_SIZE];
};

/*
 * The hash that ties tokens to a profile's configuration: client id (or where its
 * service account is), issuer, token endpoint, tenant, scopes, extra parameters, and
 * whom the token speaks for (or the command that prints it).
 */
void stored_token_binding(
    const struct config_profile *profile, char binding[STORED_TOKEN_BINDING_SIZE]);

/*
 * Load the tokens of `profile`. Returns 1 with `token` filled (the caller wipes
 * it), 0 where nothing is stored, or -1 and `error` (EX_CONFIG for another master
 * key, EX_DATAERR, EX_IOERR) with `token` empty but for the generation, where
 * that could be read: the next one must be higher.
 */
int stored_token_load(const struct store *store, const char *profile, struct stored_token *token,
    struct error *error);

/* Seal and keep `token`; durable on return. */
int stored_token_save(const struct store *store, const char *profile,
    const struct stored_token *token, struct error *error);

/* Delete them, durably. Returns 1, 0 where there were none, -1 and `error`. */
int stored_token_delete(const struct store *store, const char *profile, struct error *error);

/* Wipe and free the strings; the rest becomes zero. */
void stored_token_wipe(struct stored_token *token);

#endif
