/* Secret references in the schema: {sealed: NAME}, {file: PATH} and their kind. */
#ifndef POSTOAK_CONFIG_SCHEMA_SECRET_H
#define POSTOAK_CONFIG_SCHEMA_SECRET_H

#include "config/schema.h"

/* Load a reference into *secret. Errors repeat nothing of what stands there. */
int schema_secret_load(const struct schema_context *context, const char *key,
    const struct yaml_node *node, struct secret_reference *secret);

void schema_secret_release(struct secret_reference *secret);

bool schema_secret_equal(const struct secret_reference *a, const struct secret_reference *b);

/* The word for a kind: "sealed", "file", ... */
const char *schema_secret_kind_name(enum secret_kind kind);

#endif
