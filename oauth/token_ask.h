/*
 * What is asked for with a token request, and on whose behalf: by a profile, or by a
 * client alone.
 */
#ifndef POSTOAK_OAUTH_TOKEN_ASK_H
#define POSTOAK_OAUTH_TOKEN_ASK_H

#include "config/config.h"
#include "oauth/gather.h"
#include "oauth/metadata.h"

struct token_trace;

/* Null members: there is none, or it is not needed. Nothing here is owned. */
struct token_ask {
	const struct config_client *client;
	const struct metadata *metadata; /* found out for a client without endpoints */
	enum grant grant;
	const struct config_strings *scopes;
	const struct config_parameters *parameters;
	const char *username; /* whom an assertion speaks for */
	const char *profile;  /* its name, for messages */

	const char *client_secret;
	const char *client_assertion; /* as somebody else signed it */
	const char *private_key;      /* PEM */
	const char *service_account;  /* JSON */
	const char *refresh_token;
	/* What a person's consent gave; used in place of the refresh token. */
	const char *code;
	const char *code_verifier; /* with `code` */
	const char *redirect_uri;  /* with `code` */
	const char *device_code;
	bool begins_device; /* ask for a device code, not for a token (RFC 8628, section 3.1) */
	struct token_trace *trace; /* who looks at the request; null: nobody */
	const char *access_token;  /* not sent, only kept out of texts, as the others */
};

/* All but the secrets and the metadata, for a profile that has a client. */
void token_ask_of_profile(struct token_ask *ask, const struct config_profile *profile);

/* Where to ask: what the client says, else what was found out; null: nobody knows. */
const char *token_ask_endpoint(const struct token_ask *ask);

/* Likewise for a device code, and where a browser asks. */
const char *token_ask_device_endpoint(const struct token_ask *ask);
const char *token_ask_authorization_endpoint(const struct token_ask *ask);

/* How the client proves who it is, where its grant and the server leave a choice. */
enum client_authentication token_ask_authentication(const struct token_ask *ask);

/* Put the client's secrets that are needed on the list, and take what came. */
void token_ask_want(const struct token_ask *ask, struct gather *gather);
void token_ask_take(struct token_ask *ask, const struct gather *gather);

#endif
