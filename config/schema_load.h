/* One mapping of the configuration, by the schema's table for it. */
#ifndef POSTOAK_CONFIG_SCHEMA_LOAD_H
#define POSTOAK_CONFIG_SCHEMA_LOAD_H

#include "config/schema.h"

/*
 * Load `mapping` (nothing at all is an empty one) into `destination`. Returns 0, or
 * -1 and the error: unknown keys with the nearest known one, duplicates, wrong types,
 * values out of range, unknown names.
 *
 * A mapping changes only what its keys say, so that defaults, a provider's template and
 * the file itself are loaded one over the other.
 */
int schema_load(const struct schema_context *context, const struct schema_field *fields,
    const struct yaml_node *mapping, void *destination);

#endif
