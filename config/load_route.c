/* SPDX-License-Identifier: ISC */
#include "config/load_route.h"

#include <stdlib.h>

#include "config/fields.h"
#include "config/schema_load.h"
#include "config/schema_value.h"

int
load_routes(struct load *load, const struct yaml_node *section)
{
	struct config *config = load->config;
	struct config_route *route;
	const struct yaml_node *item;

	if (section == NULL || section->null)
		return 0;
	if (section->kind != YAML_SEQUENCE)
		return schema_error(&load->context, section, "\"routes\" must be a list");
	config->routes = calloc(section->count + 1, sizeof(*config->routes));
	if (config->routes == NULL)
		return schema_out_of_memory(&load->context);
	for (size_t i = 0; i < section->count; i++) {
		item = section->items[i];
		route = &config->routes[config->route_count++];
		if (schema_load(&load->context, route_fields, item, route) < 0)
			return -1;
		if (route->profile == NULL)
			return load_missing(load, item, "profile", "a route needs it");
	}
	return 0;
}

int
load_default_profile(struct load *load, const struct yaml_node *value)
{
	struct config *config = load->config;

	if (value != NULL)
		return schema_value_load(&load->context, &default_profile_field, value, config);
	if (config->profile_count == 1)
		config->default_profile = &config->profiles[0];
	return 0;
}
