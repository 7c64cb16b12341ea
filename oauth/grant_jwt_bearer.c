/* SPDX-License-Identifier: ISC */
#include <sysexits.h>

#include <openssl/evp.h>

#include "config/clock.h"
#include "config/secret.h"
#include "oauth/assertion.h"
#include "oauth/grant.h"
#include "oauth/private_key.h"
#include "oauth/service_account.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:jwt-bearer"

/* Sign with the key `pem`, which `what` of the client holds; null and `error`. */
static char *
sign(const struct token_ask *ask, const char *what, const char *pem,
    const struct assertion *assertion, const char *key_id, struct error *error)
{
	const struct jwt_header header = {.algorithm = JWT_RS256, .key_id = key_id};
	EVP_PKEY *key = private_key_read(pem, error);
	char *text;

	if (key == NULL) {
		error_prefix(error, "%s of %s", what, ask->client->name);
		return NULL;
	}
	text = assertion_sign(assertion, &header, key, (int64_t)(clock_wall_us() / 1000000), error);
	EVP_PKEY_free(key);
	return text;
}

static char *
sign_by_service_account(
    const struct token_ask *ask, struct assertion *assertion, struct error *error)
{
	struct service_account account;
	char *text;

	if (service_account_parse(&account, ask->service_account, error) < 0) {
		error_prefix(error, "service_account of %s", ask->client->name);
		return NULL;
	}
	assertion->issuer = account.client_email;
	text = sign(
	    ask, "service_account", account.private_key, assertion, account.private_key_id, error);
	service_account_wipe(&account);
	return text;
}

/*
 * RFC 7523, section 2.1: an assertion says for whom a token is wanted. Its scope is
 * in it, where Google looks; other servers look for the parameter (RFC 7521, section
 * 4.1), which Google does not know.
 */
int
grant_jwt_bearer(
    const struct token_ask *ask, const char *scope, struct form *form, struct error *error)
{
	struct assertion assertion = {.issuer = ask->client->client_id,
	    .subject = ask->username,
	    .audience = token_ask_endpoint(ask),
	    .scope = scope};
	char *text;

	if (ask->username == NULL)
		return error_set(error, EX_CONFIG, "grant jwt_bearer needs a username");
	if (ask->service_account != NULL)
		text = sign_by_service_account(ask, &assertion, error);
	else if (ask->private_key != NULL && assertion.issuer != NULL)
		text = sign(ask, "private_key", ask->private_key, &assertion, NULL, error);
	else
		return error_set(error, EX_CONFIG,
		    "client %s has neither service_account nor client_id and private_key",
		    ask->client->name);
	if (text == NULL)
		return -1;
	form_add(form, "grant_type", GRANT_TYPE);
	form_add(form, "assertion", text);
	secret_free(text);
	if (ask->service_account == NULL)
		grant_add_scope(form, scope);
	return 0;
}
