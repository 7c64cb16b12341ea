/*
 * Text in the configuration: single values, lists of them, programs with arguments.
 *
 * Errors never repeat a value: a secret may have been put into the wrong place.
 */
#ifndef POSTOAK_CONFIG_SCHEMA_TEXT_H
#define POSTOAK_CONFIG_SCHEMA_TEXT_H

#include "config/schema.h"

/* The text of a scalar that is not empty and has no control characters; null and the
 * context's error for everything else. `key` is for the message. */
const char *schema_text_of(
    const struct schema_context *context, const char *key, const struct yaml_node *node);

/* The same, where the field's `check` accepts it. */
const char *schema_text_checked(const struct schema_context *context,
    const struct schema_field *field, const struct yaml_node *node);

/*
 * Load a checked text, a list of them, or a program (not empty) with its arguments
 * (null-terminated); what was there is freed. Return 0, or -1 and the context's error.
 */
int schema_text_load(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, char **string);
int schema_text_load_list(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, struct config_strings *strings);
int schema_text_load_arguments(const struct schema_context *context,
    const struct schema_field *field, const struct yaml_node *node, char ***arguments);

#endif
