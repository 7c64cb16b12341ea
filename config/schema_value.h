/* One value of the configuration, by the type its schema field gives it. */
#ifndef POSTOAK_CONFIG_SCHEMA_VALUE_H
#define POSTOAK_CONFIG_SCHEMA_VALUE_H

#include "config/schema.h"

/*
 * Load `node` into the field's place in `destination`; what was there is freed
 * (parameters: merged). No SCHEMA_GROUP or SCHEMA_SECTION. Returns 0, or -1 and the
 * context's error, which never repeats a value: a secret may have been put into the
 * wrong place.
 */
int schema_value_load(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, void *destination);

#endif
