/* SPDX-License-Identifier: ISC */
#include "oauth/stored_token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "config/secret.h"

/* Each part with its length, so that no two lists of parts look alike. */
static void
hash_part(EVP_MD_CTX *context, const char *part)
{
	size_t length = part == NULL ? 0 : strlen(part);
	char prefix[32];
	int prefix_length = snprintf(prefix, sizeof(prefix), "%zu:", length);

	EVP_DigestUpdate(context, prefix, (size_t)prefix_length);
	EVP_DigestUpdate(context, part == NULL ? "" : part, length);
}

static void
hash_words(EVP_MD_CTX *context, char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		hash_part(context, *words);
}

/*
 * A token of the application itself must not serve a profile that was changed to
 * log in as a person, an assertion's token speaks for its user name, and another
 * command may print anybody's.
 */
static void
hash_subject(EVP_MD_CTX *context, const struct config_profile *profile)
{
	bool interactive = profile->grant != GRANT_CLIENT_CREDENTIALS &&
			   profile->grant != GRANT_JWT_BEARER && profile->grant != GRANT_COMMAND;

	hash_part(context, interactive ? "person" : config_grant_name(profile->grant));
	hash_part(context, profile->grant == GRANT_JWT_BEARER ? profile->username : NULL);
	hash_words(context, profile->token_command);
}

/* A client without an id is who its service account is. */
static void
hash_service_account(EVP_MD_CTX *context, const struct config_client *client)
{
	if (client == NULL || client->client_id != NULL)
		return;
	hash_part(context, client->service_account.value);
	hash_words(context, client->service_account.argv);
}

void
stored_token_binding(const struct config_profile *profile, char binding[STORED_TOKEN_BINDING_SIZE])
{
	const struct config_client *client = profile->client;
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	/* Without memory there is no binding, and "" matches nothing. */
	binding[0] = '\0';
	if (context == NULL)
		return;
	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	hash_part(context, client == NULL ? NULL : client->client_id);
	hash_part(context, client == NULL ? NULL : client->issuer);
	hash_part(context, client == NULL ? NULL : client->token_endpoint);
	hash_part(context, client == NULL ? NULL : client->tenant_id);
	hash_service_account(context, client);
	hash_subject(context, profile);
	for (size_t i = 0; i < profile->scopes.count; i++)
		hash_part(context, profile->scopes.items[i]);
	hash_part(context, "parameters");
	for (size_t i = 0; i < profile->token_parameters.count; i++) {
		hash_part(context, profile->token_parameters.items[i].name);
		hash_part(context, profile->token_parameters.items[i].value);
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	for (size_t i = 0; i < (STORED_TOKEN_BINDING_SIZE - 1) / 2; i++)
		snprintf(binding + 2 * i, 3, "%02x", digest[i]);
}

static int
open_field(const struct store *store, const char *profile, const json_t *file, const char *field,
    uint64_t generation, char **secret, struct error *error)
{
	struct seal_place place = {SEAL_TOKENS, profile, field, generation};
	const char *sealed = json_string_value(json_object_get(file, field));

	if (sealed == NULL)
		return 0;
	return seal_open(store_keys(store), &place, sealed, secret, error);
}

static int
parse(const struct store *store, const char *profile, const json_t *file,
    struct stored_token *token, struct error *error)
{
	json_int_t generation = json_integer_value(json_object_get(file, "generation"));
	const char *binding = json_string_value(json_object_get(file, "binding"));
	const char *scope = json_string_value(json_object_get(file, "scope"));
	char *origin = NULL;

	token->generation = generation < 0 ? 0 : (uint64_t)generation;
	if (binding == NULL)
		return error_set(error, EX_DATAERR, "tokens/%s is damaged", profile);
	strlcpy(token->binding, binding, sizeof(token->binding));
	token->granted = json_integer_value(json_object_get(file, "granted"));
	token->issued = json_integer_value(json_object_get(file, "issued"));
	token->expires = json_integer_value(json_object_get(file, "expires"));
	if (scope != NULL && (token->scope = strdup(scope)) == NULL)
		return error_set_errno(error, EX_OSERR, "cannot read tokens/%s", profile);
	if (open_field(store, profile, file, "access_token", token->generation,
		&token->access_token, error) < 0 ||
	    open_field(store, profile, file, "refresh_token", token->generation,
		&token->refresh_token, error) < 0 ||
	    open_field(store, profile, file, "origin", token->generation, &origin, error) < 0)
		return -1;
	strlcpy(token->origin, origin == NULL ? "" : origin, sizeof(token->origin));
	secret_free(origin);
	return 0;
}

int
stored_token_load(
    const struct store *store, const char *profile, struct stored_token *token, struct error *error)
{
	char *text;
	json_t *file;
	int result = store_read(store, SEAL_TOKENS, profile, &text, error);

	*token = (struct stored_token){0};
	if (result <= 0)
		return result;
	file = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (file == NULL)
		return error_set(error, EX_DATAERR, "tokens/%s is damaged", profile);
	result = parse(store, profile, file, token, error);
	json_decref(file);
	if (result < 0) {
		uint64_t generation = token->generation;

		stored_token_wipe(token);
		token->generation = generation;
		return -1;
	}
	return 1;
}

/* Add `secret` sealed to `file` as `field`; nothing where it is null. */
static int
seal_field(const struct store *store, const char *profile, json_t *file, const char *field,
    uint64_t generation, const char *secret, struct error *error)
{
	struct seal_place place = {SEAL_TOKENS, profile, field, generation};
	char *sealed;
	int result;

	if (secret == NULL)
		return 0;
	sealed = seal_close(store_keys(store), &place, secret, error);
	if (sealed == NULL)
		return -1;
	result = json_object_set_new(file, field, json_string(sealed));
	free(sealed);
	if (result < 0)
		return error_set(error, EX_OSERR, "cannot write tokens/%s: no memory", profile);
	return 0;
}

int
stored_token_save(const struct store *store, const char *profile, const struct stored_token *token,
    struct error *error)
{
	json_t *file = json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:s*}", "profile", profile,
	    "generation", (json_int_t)token->generation, "binding", token->binding, "granted",
	    (json_int_t)token->granted, "issued", (json_int_t)token->issued, "expires",
	    (json_int_t)token->expires, "scope", token->scope);
	const char *origin = token->origin[0] == '\0' ? NULL : token->origin;
	char *text = NULL;
	int result = -1;

	if (file == NULL)
		return error_set(error, EX_OSERR, "cannot write tokens/%s: no memory", profile);
	if (seal_field(store, profile, file, "access_token", token->generation, token->access_token,
		error) < 0 ||
	    seal_field(store, profile, file, "refresh_token", token->generation,
		token->refresh_token, error) < 0 ||
	    seal_field(store, profile, file, "origin", token->generation, origin, error) < 0)
		goto out;
	text = json_dumps(file, JSON_INDENT(1));
	if (text == NULL)
		error_set(error, EX_OSERR, "cannot write tokens/%s: no memory", profile);
	else
		result = store_replace(store, SEAL_TOKENS, profile, text, error);
out:
	free(text);
	json_decref(file);
	return result;
}

int
stored_token_delete(const struct store *store, const char *profile, struct error *error)
{
	return store_remove(store, SEAL_TOKENS, profile, error);
}

void
stored_token_wipe(struct stored_token *token)
{
	secret_free(token->access_token);
	secret_free(token->refresh_token);
	free(token->scope);
	*token = (struct stored_token){0};
}
