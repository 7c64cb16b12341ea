/* What a structure loaded by the schema owns, and whether two say the same. */
#ifndef POSTOAK_CONFIG_SCHEMA_WALK_H
#define POSTOAK_CONFIG_SCHEMA_WALK_H

#include <stdbool.h>

#include "config/schema.h"

/* Free what the fields of `destination` own, and make them null. */
void schema_release(const struct schema_field *fields, void *destination);

/* True where all fields say the same; clients are compared by what they contain. */
bool schema_equal(const struct schema_field *fields, const void *a, const void *b);

#endif
