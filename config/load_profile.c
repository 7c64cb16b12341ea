/* SPDX-License-Identifier: ISC */
#include "config/load_profile.h"

#include <stdlib.h>
#include <string.h>

#include "config/check_profile.h"
#include "config/fields.h"
#include "config/schema_load.h"
#include "config/strings.h"

#define TENANT_DOMAIN "{tenant_domain}"

/* What applies where neither the file nor a template says otherwise. */
static const struct config_profile defaults = {
    .tls = TLS_STARTTLS,
    .tls_minimum_version = TLS_1_2,
    .mechanism = MECHANISM_BEST,
    .rewrite_from = REWRITE_LOCAL,
    .limits = {.connections = 3, .messages_per_connection = 100, .recipients_per_message = 100},
    .timeouts = {.connect = 30, .command = 5 * 60, .data = 10 * 60},
};

static unsigned
natural_port(enum tls_mode tls)
{
	switch (tls) {
	case TLS_STARTTLS:
		return 587;
	case TLS_IMPLICIT:
		return 465;
	case TLS_NONE:
		break;
	}
	return 25;
}

/* The profile's own provider, else its client's. */
static int
find_template(struct load *load, const struct yaml_node *mapping, const struct provider **provider)
{
	const struct yaml_node *client = yaml_tree_find(mapping, "oauth_client");

	if (load_template_of(load, mapping, provider) < 0)
		return -1;
	if (*provider != NULL || client == NULL || client->kind != YAML_SCALAR)
		return 0;
	for (size_t i = 0; i < load->config->client_count; i++)
		if (strcmp(load->config->clients[i].name, client->text) == 0)
			return load_template_of(load, load->clients->items[i], provider);
	return 0;
}

/* Exchange Online names a tenant's mail host after its domain, with hyphens for dots. */
static int
expand_host(const struct load *load, const struct yaml_node *name, struct config_profile *profile)
{
	const char *domain = profile->tenant_domain;
	char *label;
	char *host;

	if (profile->host == NULL || strstr(profile->host, TENANT_DOMAIN) == NULL)
		return 0;
	if (domain == NULL && profile->client != NULL)
		domain = profile->client->tenant_domain;
	if (domain == NULL)
		return load_missing(load, name, "tenant_domain", "%s%s needs it",
		    profile->provider != NULL ? "provider " : "host",
		    profile->provider != NULL ? profile->provider : "");
	label = strdup(domain);
	if (label == NULL)
		return schema_out_of_memory(&load->context);
	for (char *p = label; *p != '\0'; p++)
		if (*p == '.')
			*p = '-';
	host = provider_expand(profile->host, TENANT_DOMAIN, label);
	free(label);
	if (host == NULL)
		return schema_out_of_memory(&load->context);
	free(profile->host);
	profile->host = host;
	if (syntax_host(host) != NULL)
		return schema_error(&load->context, name,
		    "\"host\" of profile %s is no host name with this tenant_domain",
		    profile->name);
	return 0;
}

/* Its own scopes, else its client's, else those of its own provider. */
static int
complete_scopes(const struct load *load, const struct yaml_node *mapping,
    const struct provider *provider, struct config_profile *profile)
{
	struct config_client template = {0};
	const struct config_strings *scopes;
	int result;

	if (profile->client == NULL || profile->grant == GRANT_NONE ||
	    yaml_tree_find(mapping, "scopes") != NULL)
		return 0;
	scopes = config_client_scopes(profile->client, profile->grant);
	if (scopes->count == 0 && provider != NULL) {
		if (provider_apply_client(provider, &template, load->context.error) < 0) {
			config_client_free(&template);
			return -1;
		}
		scopes = config_client_scopes(&template, profile->grant);
	}
	result = strings_copy(&profile->scopes, scopes);
	config_client_free(&template);
	return result < 0 ? schema_out_of_memory(&load->context) : 0;
}

static int
copy_string(const struct load *load, char **to, const char *from)
{
	*to = strdup(from);
	return *to != NULL ? 0 : schema_out_of_memory(&load->context);
}

/* Fill in what follows from other keys. */
static int
complete(const struct load *load, const struct yaml_node *name, const struct yaml_node *mapping,
    const struct provider *provider, struct config_profile *profile)
{
	if (profile->provider == NULL && provider != NULL &&
	    copy_string(load, &profile->provider, provider->name) < 0)
		return -1;
	if (profile->from == NULL && profile->username != NULL &&
	    syntax_address(profile->username) == NULL &&
	    copy_string(load, &profile->from, profile->username) < 0)
		return -1;
	if (profile->port == 0)
		profile->port = natural_port(profile->tls);
	/* A template's mechanism is meant for tokens. */
	if (profile->grant == GRANT_NONE && yaml_tree_find(mapping, "mechanism") == NULL)
		profile->mechanism = MECHANISM_BEST;
	if (profile->from == NULL && yaml_tree_find(mapping, "null_sender") == NULL)
		profile->null_sender_rewrite = false;
	if (expand_host(load, name, profile) < 0)
		return -1;
	return complete_scopes(load, mapping, provider, profile);
}

static int
load_profile(struct load *load, const struct yaml_node *name, const struct yaml_node *mapping,
    struct config_profile *profile)
{
	const struct provider *provider = NULL;

	profile->name = strdup(name->text);
	if (profile->name == NULL)
		return schema_out_of_memory(&load->context);
	if (find_template(load, mapping, &provider) < 0 ||
	    (provider != NULL &&
		provider_apply_profile(provider, profile, load->context.error) < 0) ||
	    schema_load(&load->context, profile_fields, mapping, profile) < 0 ||
	    complete(load, name, mapping, provider, profile) < 0 ||
	    check_profile(load, name, mapping, provider, profile) < 0)
		return -1;
	/* Without a request to an authorization server the client only said which provider and
	 * tenant. */
	if (profile->grant == GRANT_NONE || profile->grant == GRANT_COMMAND)
		profile->client = NULL;
	return 0;
}

int
load_profiles(struct load *load, const struct yaml_node *section)
{
	struct config *config = load->config;
	struct config_profile *profile;

	if (section == NULL || section->null)
		return 0;
	if (load_check_names(load, section, "profiles") < 0)
		return -1;
	config->profiles = calloc(section->count + 1, sizeof(*config->profiles));
	if (config->profiles == NULL)
		return schema_out_of_memory(&load->context);
	for (size_t i = 0; i < section->count; i++) {
		profile = &config->profiles[config->profile_count++];
		*profile = defaults;
		profile->index = i;
		if (load_profile(load, section->keys[i], section->items[i], profile) < 0)
			return -1;
	}
	return 0;
}
