/* SPDX-License-Identifier: ISC */
#include "oauth/client_authentication.h"

#include <stdlib.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <openssl/evp.h>

#include "config/clock.h"
#include "config/secret.h"
#include "oauth/assertion.h"
#include "oauth/certificate.h"
#include "oauth/private_key.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

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

static void
add_assertion(const struct config_client *client, const char *assertion, struct form *form)
{
	form_add(form, "client_id", client->client_id);
	form_add(form, "client_assertion_type", ASSERTION_TYPE);
	form_add(form, "client_assertion", assertion);
}

/* One that somebody else signed (workload identity federation). */
static int
apply_foreign_assertion(const struct config_client *client, const char *assertion,
    struct form *form, struct error *error)
{
	for (const unsigned char *p = (const unsigned char *)assertion; *p != '\0'; p++)
		if (*p <= 0x20 || *p > 0x7e)
			return error_set(error, EX_CONFIG,
			    "client_assertion of %s: there is more in it than an assertion",
			    client->name);
	add_assertion(client, assertion, form);
	return 0;
}

/* Sign with `key`; null and `error`. */
static char *
sign(const struct token_ask *ask, EVP_PKEY *key, struct error *error)
{
	const struct config_client *client = ask->client;
	const struct assertion assertion = {.issuer = client->client_id,
	    .subject = client->client_id,
	    .audience = token_ask_endpoint(ask)};
	struct jwt_header header = {.algorithm = JWT_RS256};
	char thumbprint[CERTIFICATE_THUMBPRINT_SIZE];

	if (client->certificate != NULL) {
		if (certificate_thumbprint(client, key, thumbprint, error) < 0)
			return NULL;
		header = (struct jwt_header){.algorithm = JWT_PS256, .thumbprint = thumbprint};
	}
	return assertion_sign(
	    &assertion, &header, key, (int64_t)(clock_wall_us() / 1000000), error);
}

static int
apply_own_assertion(const struct token_ask *ask, struct form *form, struct error *error)
{
	const struct config_client *client = ask->client;
	EVP_PKEY *key = private_key_read(ask->private_key, error);
	char *assertion;

	if (key == NULL)
		return error_prefix(error, "private_key of %s", client->name);
	assertion = sign(ask, key, error);
	EVP_PKEY_free(key);
	if (assertion == NULL)
		return -1;
	add_assertion(client, assertion, form);
	secret_free(assertion);
	return 0;
}

static int
apply_assertion(const struct token_ask *ask, struct form *form, struct error *error)
{
	if (ask->client_assertion != NULL)
		return apply_foreign_assertion(ask->client, ask->client_assertion, form, error);
	if (ask->private_key != NULL)
		return apply_own_assertion(ask, form, error);
	return error_set(error, EX_CONFIG, "client %s has neither private_key nor client_assertion",
	    ask->client->name);
}

int
client_authentication_apply(
    const struct token_ask *ask, struct form *form, struct form *authorization, struct error *error)
{
	const struct config_client *client = ask->client;
	enum client_authentication method = token_ask_authentication(ask);

	if (client->client_id == NULL) {
		/* A service account's assertion says who asks. */
		if (method == CLIENT_PUBLIC && ask->grant == GRANT_JWT_BEARER)
			return 0;
		return error_set(error, EX_CONFIG, "client %s has no client_id", client->name);
	}
	if ((method == CLIENT_SECRET_POST || method == CLIENT_SECRET_BASIC) &&
	    ask->client_secret == NULL)
		return error_set(error, EX_CONFIG,
		    "client %s has no client_secret; configure one, or client_authentication: none",
		    client->name);
	switch (method) {
	case CLIENT_SECRET_POST:
		form_add(form, "client_id", client->client_id);
		form_add(form, "client_secret", ask->client_secret);
		return 0;
	case CLIENT_SECRET_BASIC:
		return apply_basic(client, ask->client_secret, authorization, error);
	case CLIENT_PRIVATE_KEY_JWT:
		return apply_assertion(ask, form, error);
	case CLIENT_PUBLIC:
		break;
	}
	form_add(form, "client_id", client->client_id);
	return 0;
}
