/* Whether a profile is complete and consistent: what its grant and provider need. */
#ifndef POSTOAK_CONFIG_CHECK_PROFILE_H
#define POSTOAK_CONFIG_CHECK_PROFILE_H

#include "config/load_context.h"

/*
 * Check a profile that was loaded and completed. `name` is its key, `mapping` what the
 * file says of it, `provider` its template or null. Returns 0, or -1 and the error.
 */
int check_profile(const struct load *load, const struct yaml_node *name,
    const struct yaml_node *mapping, const struct provider *provider,
    const struct config_profile *profile);

#endif
