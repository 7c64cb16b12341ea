/* Which profile takes a recipient: the first route that matches, else the default. */
#ifndef POSTOAK_CONFIG_ROUTE_H
#define POSTOAK_CONFIG_ROUTE_H

#include "config/config.h"

/*
 * `sender` is the envelope sender ("" for the null sender, which globs see as
 * "<>"), `user` the submitting uid. Globs are case-insensitive. Null where no
 * profile is meant: the mail waits.
 */
const struct config_profile *route_choose(
    const struct config *config, const char *sender, const char *recipient, uid_t user);

#endif
