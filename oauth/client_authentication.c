/* SPDX-License-Identifier: ISC */
#include "oauth/client_authentication.h"

#include <stdlib.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <openssl/evp.h>

bool
client_authentication_needs_secret(const struct config_client *client)
{
	return client->authentication == CLIENT_SECRET_POST ||
	       client->authentication == CLIENT_SECRET_BASIC;
}

/* Both halves are form-encoded before they are joined and encoded again (section 2.3.1). */
static int
apply_basic(const struct config_client *client, const char *secret, struct form *authorization,
    struct error *error)
{
	struct form pair = {0};
	unsigned char *encoded = NULL;
	size_t size = 0;

	form_append_encoded(&pair, client->client_id);
	form_append(&pair, ":");
	form_append_encoded(&pair, secret);
	if (!pair.failed) {
		size = (pair.length + 2) / 3 * 4 + 1;
		encoded = malloc(size);
	}
	if (encoded != NULL) {
		EVP_EncodeBlock(encoded, (const unsigned char *)pair.text, (int)pair.length);
		form_append(authorization, "Basic ");
		form_append(authorization, (const char *)encoded);
	}
	freezero(encoded, size);
	form_wipe(&pair);
	if (encoded == NULL || authorization->failed)
		return error_set(error, EX_OSERR, "no memory for a request");
	return 0;
}

int
client_authentication_apply(const struct config_client *client, const char *secret,
    struct form *form, struct form *authorization, struct error *error)
{
	if (client->client_id == NULL)
		return error_set(error, EX_CONFIG, "client %s has no client_id", client->name);
	if (client_authentication_needs_secret(client) && secret == NULL)
		return error_set(error, EX_CONFIG,
		    "client %s has no client_secret; configure one, or client_authentication: none",
		    client->name);
	switch (client->authentication) {
	case CLIENT_SECRET_POST:
		form_add(form, "client_id", client->client_id);
		form_add(form, "client_secret", secret);
		return 0;
	case CLIENT_SECRET_BASIC:
		return apply_basic(client, secret, authorization, error);
	case CLIENT_PUBLIC:
		form_add(form, "client_id", client->client_id);
		return 0;
	case CLIENT_PRIVATE_KEY_JWT:
		break;
	}
	return error_set(error, EX_CONFIG,
	    "client %s: client_authentication private_key_jwt is not supported by this version",
	    client->name);
}
