/* Profiles and providers' templates as `postoak profile` shows them. */
#ifndef POSTOAK_SENDMAIL_PROFILE_VIEW_H
#define POSTOAK_SENDMAIL_PROFILE_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "config/error.h"

/* The profiles of `config`: a table, or JSON, an array of objects. -1 and `error`. */
int profile_view_list(const struct config *config, bool json, FILE *out, struct error *error);

/* One of them: as YAML with everything that applies, or as a JSON object. */
int profile_view_show(const struct config *config, const struct config_profile *profile, bool json,
    FILE *out, struct error *error);

/* All templates of `directory`, with their endpoints and scopes. */
int profile_view_templates(const char *directory, bool json, FILE *out, struct error *error);

#endif
