/* SPDX-License-Identifier: ISC */
#include "config/load_client.h"

#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/schema_load.h"
#include "config/strings.h"

#define TENANT_ID "{tenant_id}"

const struct yaml_node *
load_client_position(const struct load *load, const struct config_client *client)
{
	return load->clients->keys[client - load->config->clients];
}

bool
load_client_has(const struct load *load, const struct config_client *client, const char *key)
{
	const struct yaml_node *mapping = load->clients->items[client - load->config->clients];

	return yaml_tree_find(mapping, key) != NULL;
}

/* How the client proves who it is, where the file does not say: by what it has. */
static enum client_authentication
natural_authentication(const struct config_client *client)
{
	if (client->client_secret.kind != SECRET_NONE)
		return CLIENT_SECRET_POST;
	if (client->private_key.kind != SECRET_NONE || client->client_assertion.kind != SECRET_NONE)
		return CLIENT_PRIVATE_KEY_JWT;
	return CLIENT_PUBLIC;
}

/* Without a tenant, an endpoint that needs one is none. */
static int
expand_endpoint(const struct load *load, const struct config_client *client, char **endpoint)
{
	char *expanded = NULL;

	if (*endpoint == NULL || strstr(*endpoint, TENANT_ID) == NULL)
		return 0;
	if (client->tenant_id != NULL) {
		expanded = provider_expand(*endpoint, TENANT_ID, client->tenant_id);
		if (expanded == NULL)
			return schema_out_of_memory(&load->context);
	}
	free(*endpoint);
	*endpoint = expanded;
	return 0;
}

static int
expand_endpoints(
    const struct load *load, const struct yaml_node *name, struct config_client *client)
{
	if (client->tenant_id == NULL && client->token_endpoint != NULL &&
	    strstr(client->token_endpoint, TENANT_ID) != NULL)
		return load_missing(load, name, "tenant_id", "%s%s needs it",
		    client->provider != NULL ? "provider " : "token_endpoint",
		    client->provider != NULL ? client->provider : "");
	if (expand_endpoint(load, client, &client->issuer) < 0 ||
	    expand_endpoint(load, client, &client->token_endpoint) < 0 ||
	    expand_endpoint(load, client, &client->authorization_endpoint) < 0 ||
	    expand_endpoint(load, client, &client->device_authorization_endpoint) < 0)
		return -1;
	return expand_endpoint(load, client, &client->revocation_endpoint);
}

static int
check_authentication(
    const struct load *load, const struct yaml_node *name, const struct config_client *client)
{
	switch (client->authentication) {
	case CLIENT_SECRET_POST:
	case CLIENT_SECRET_BASIC:
		if (client->client_secret.kind == SECRET_NONE)
			return load_missing(
			    load, name, "client_secret", "client_authentication needs it");
		break;
	case CLIENT_PRIVATE_KEY_JWT:
		if (client->private_key.kind == SECRET_NONE &&
		    client->client_assertion.kind == SECRET_NONE)
			return load_missing(load, name, "private_key",
			    "client_authentication private_key_jwt needs it, or client_assertion");
		break;
	case CLIENT_PUBLIC:
		break;
	}
	if (client->certificate != NULL && client->private_key.kind == SECRET_NONE)
		return load_missing(load, name, "private_key", "certificate needs it");
	return 0;
}

/* What says the same thing twice, or nothing at all. */
static int
check_combinations(
    const struct load *load, const struct yaml_node *mapping, const struct config_client *client)
{
	if (client->private_key.kind != SECRET_NONE && client->client_assertion.kind != SECRET_NONE)
		return schema_error(&load->context, yaml_tree_find(mapping, "client_assertion"),
		    "\"client_assertion\" and \"private_key\" exclude each other");
	/* RFC 8414, section 2; well-known URLs could not be made of it. */
	if (client->token_endpoint == NULL && strchr(client->issuer, '?') != NULL)
		return schema_error(&load->context, yaml_tree_find(mapping, "issuer"),
		    "\"issuer\" must not contain a query where token_endpoint is to be found "
		    "out from it");
	return 0;
}

static int
check_client(const struct load *load, const struct yaml_node *name, const struct yaml_node *mapping,
    const struct provider *provider, const struct config_client *client)
{
	bool identified = client->client_id != NULL;

	/* Such a client only lends its tenant to profiles. */
	if (provider != NULL && provider->login == PROVIDER_LOGIN_NONE)
		return 0;
	if (client->token_endpoint == NULL && client->issuer == NULL)
		return load_missing(load, name, "token_endpoint",
		    "an OAuth client needs it, or issuer, or a provider that sets it");
	if (!identified && client->service_account.kind == SECRET_NONE)
		return load_missing(load, name, "client_id", "an OAuth client needs it");
	if (!identified && client->authentication != CLIENT_PUBLIC)
		return load_missing(load, name, "client_id", "client_authentication needs it");
	if (check_authentication(load, name, client) < 0)
		return -1;
	return check_combinations(load, mapping, client);
}

static int
load_client(struct load *load, const struct yaml_node *name, const struct yaml_node *mapping,
    struct config_client *client)
{
	const struct provider *provider;

	client->timeout = 30;
	client->name = strdup(name->text);
	if (client->name == NULL)
		return schema_out_of_memory(&load->context);
	if (load_template_of(load, mapping, &provider) < 0 ||
	    (provider != NULL &&
		provider_apply_client(provider, client, load->context.error) < 0) ||
	    schema_load(&load->context, client_fields, mapping, client) < 0)
		return -1;
	if (yaml_tree_find(mapping, "scopes") != NULL)
		strings_free(&client->client_credentials_scopes);
	client->authentication_chosen = yaml_tree_find(mapping, "client_authentication") != NULL;
	if (!client->authentication_chosen)
		client->authentication = natural_authentication(client);
	if (expand_endpoints(load, name, client) < 0)
		return -1;
	return check_client(load, name, mapping, provider, client);
}

int
load_clients(struct load *load)
{
	const struct yaml_node *section = load->clients;
	struct config *config = load->config;

	if (section == NULL || section->null)
		return 0;
	if (load_check_names(load, section, "oauth_clients") < 0)
		return -1;
	config->clients = calloc(section->count + 1, sizeof(*config->clients));
	if (config->clients == NULL)
		return schema_out_of_memory(&load->context);
	for (size_t i = 0; i < section->count; i++) {
		config->client_count++;
		if (load_client(load, section->keys[i], section->items[i], &config->clients[i]) < 0)
			return -1;
	}
	return 0;
}
