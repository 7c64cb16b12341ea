/* The effective configuration as YAML. */
#ifndef POSTOAK_CONFIG_SHOW_H
#define POSTOAK_CONFIG_SHOW_H

#include <stdio.h>

#include "config/config.h"

/*
 * Write `config` with defaults and templates' values filled in. Secrets are shown as
 * the references they are. What is written loads again and means the same. Returns 0,
 * or -1 where `out` could not be written or memory is short.
 */
int config_show(const struct config *config, FILE *out);

/* The same of one profile, and of the OAuth client it refers to. */
int config_show_profile(const struct config_profile *profile, FILE *out);

#endif
