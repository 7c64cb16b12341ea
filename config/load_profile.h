/* The section profiles. */
#ifndef POSTOAK_CONFIG_LOAD_PROFILE_H
#define POSTOAK_CONFIG_LOAD_PROFILE_H

#include "config/load_context.h"

/* Load the section; the clients must be loaded. Returns 0, or -1 and the error. */
int load_profiles(struct load *load, const struct yaml_node *section);

#endif
