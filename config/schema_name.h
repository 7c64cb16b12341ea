/* Names in the schema that must mean something: users, OAuth clients, profiles. */
#ifndef POSTOAK_CONFIG_SCHEMA_NAME_H
#define POSTOAK_CONFIG_SCHEMA_NAME_H

#include "config/schema.h"

/* A user of this system, by name or number. */
int schema_name_user(const struct schema_context *context, const char *key,
    const struct yaml_node *node, uid_t *uid);

/* A client or profile of context->config. */
int schema_name_client(const struct schema_context *context, const char *key,
    const struct yaml_node *node, const struct config_client **client);
int schema_name_profile(const struct schema_context *context, const char *key,
    const struct yaml_node *node, const struct config_profile **profile);

#endif
