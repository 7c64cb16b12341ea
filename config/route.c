/* SPDX-License-Identifier: ISC */
#include "config/route.h"

#include <fnmatch.h>

static bool
matches(const char *pattern, const char *text)
{
	return pattern == NULL || fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

const struct config_profile *
route_choose(const struct config *config, const char *sender, const char *recipient, uid_t user)
{
	const struct config_route *route;

	if (*sender == '\0')
		sender = "<>";
	for (size_t i = 0; i < config->route_count; i++) {
		route = &config->routes[i];
		if (matches(route->sender, sender) && matches(route->recipient, recipient) &&
		    (!route->has_user || route->user == user))
			return route->profile;
	}
	return config->default_profile;
}
