/* The tables of the schema: every key of postoak.yaml, and of the sections `client` and
 * `profile` of providers' templates. */
#ifndef POSTOAK_CONFIG_FIELDS_H
#define POSTOAK_CONFIG_FIELDS_H

#include "config/schema.h"

extern const struct schema_field config_fields[];  /* of struct config */
extern const struct schema_field client_fields[];  /* of struct config_client */
extern const struct schema_field profile_fields[]; /* of struct config_profile */
extern const struct schema_field route_fields[];   /* of struct config_route */

/* default_profile, which can be loaded only when there are profiles. */
extern const struct schema_field default_profile_field;

extern const struct schema_choice grant_choices[];
extern const struct schema_choice mechanism_choices[];

#endif
