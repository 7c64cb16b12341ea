/* SPDX-License-Identifier: ISC */
/* What config.h promises that only the schema can keep: it knows what there is in the
 * model. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "config/fields.h"
#include "config/schema_walk.h"

void
config_client_free(struct config_client *client)
{
	schema_release(client_fields, client);
	free(client->name);
}

void
config_profile_free(struct config_profile *profile)
{
	schema_release(profile_fields, profile);
	free(profile->name);
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->route_count; i++)
		schema_release(route_fields, &config->routes[i]);
	for (size_t i = 0; i < config->profile_count; i++)
		config_profile_free(&config->profiles[i]);
	for (size_t i = 0; i < config->client_count; i++)
		config_client_free(&config->clients[i]);
	free(config->routes);
	free(config->profiles);
	free(config->clients);
	schema_release(config_fields, config);
	free(config->path);
	free(config);
}

bool
config_profile_equal(const struct config_profile *a, const struct config_profile *b)
{
	return strcmp(a->name, b->name) == 0 && schema_equal(profile_fields, a, b);
}

const char *
config_grant_name(enum grant grant)
{
	const char *name = schema_choice_name(grant_choices, (unsigned)grant);

	return name != NULL ? name : "none";
}

const char *
config_mechanism_name(enum mechanism mechanism)
{
	const char *name = schema_choice_name(mechanism_choices, (unsigned)mechanism);

	return name != NULL ? name : "best";
}
