/* The section routes, and default_profile. */
#ifndef POSTOAK_CONFIG_LOAD_ROUTE_H
#define POSTOAK_CONFIG_LOAD_ROUTE_H

#include "config/load_context.h"

/* Load both (null where absent); the profiles must be loaded. Returns 0, or -1 and the
 * error. */
int load_routes(struct load *load, const struct yaml_node *section);
int load_default_profile(struct load *load, const struct yaml_node *value);

#endif
