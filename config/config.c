/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include <string.h>

const struct config_profile *
config_find_profile(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->profile_count; i++)
		if (strcmp(config->profiles[i].name, name) == 0)
			return &config->profiles[i];
	return NULL;
}

const struct config_client *
config_find_client(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->client_count; i++)
		if (strcmp(config->clients[i].name, name) == 0)
			return &config->clients[i];
	return NULL;
}

const struct config_strings *
config_client_scopes(const struct config_client *client, enum grant grant)
{
	if (grant == GRANT_CLIENT_CREDENTIALS && client->client_credentials_scopes.count > 0)
		return &client->client_credentials_scopes;
	return &client->scopes;
}
