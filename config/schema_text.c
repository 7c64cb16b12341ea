/* SPDX-License-Identifier: ISC */
#include "config/schema_text.h"

#include <stdlib.h>
#include <string.h>

#include "config/strings.h"

#define ARGUMENTS_MAX 64

const char *
schema_text_of(const struct schema_context *context, const char *key, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR) {
		schema_error(context, node, "\"%s\" must be a single value, not a %s", key,
		    node->kind == YAML_SEQUENCE ? "list" : "mapping");
		return NULL;
	}
	if (node->null || *node->text == '\0') {
		schema_error(context, node, "\"%s\" must have a value", key);
		return NULL;
	}
	for (const char *p = node->text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			schema_error(
			    context, node, "\"%s\" must not contain control characters", key);
			return NULL;
		}
	}
	return node->text;
}

const char *
schema_text_checked(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node)
{
	const char *text = schema_text_of(context, field->key, node);
	const char *wrong = text != NULL && field->check != NULL ? field->check(text) : NULL;

	if (wrong == NULL)
		return text;
	schema_error(context, node, "\"%s\" %s", field->key, wrong);
	return NULL;
}

int
schema_text_load(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, char **string)
{
	const char *text = schema_text_checked(context, field, node);
	char *copy;

	if (text == NULL)
		return -1;
	copy = strdup(text);
	if (copy == NULL)
		return schema_out_of_memory(context);
	free(*string);
	*string = copy;
	return 0;
}

int
schema_text_load_list(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, struct config_strings *strings)
{
	const char *text;

	if (schema_expect_list(context, field->key, node) < 0)
		return -1;
	strings_free(strings);
	for (size_t i = 0; i < node->count; i++) {
		text = schema_text_checked(context, field, node->items[i]);
		if (text == NULL)
			return -1;
		if (strings_append(strings, text) < 0)
			return schema_out_of_memory(context);
	}
	return 0;
}

int
schema_text_load_arguments(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, char ***arguments)
{
	const struct yaml_node *item;

	if (node->kind != YAML_SEQUENCE || node->count == 0)
		return schema_error(context, node,
		    "\"%s\" must be a list of a program and its arguments ([PROGRAM, "
		    "ARGUMENT..])",
		    field->key);
	if (node->count > ARGUMENTS_MAX)
		return schema_error(context, node, "\"%s\" must have at most %d arguments",
		    field->key, ARGUMENTS_MAX);
	strings_argv_free(*arguments);
	*arguments = calloc(node->count + 1, sizeof(char *));
	if (*arguments == NULL)
		return schema_out_of_memory(context);
	for (size_t i = 0; i < node->count; i++) {
		item = node->items[i];
		/* An argument, unlike the program, may be empty. */
		if ((i == 0 || item->kind != YAML_SCALAR || item->null || *item->text != '\0') &&
		    schema_text_of(context, field->key, item) == NULL)
			return -1;
		(*arguments)[i] = strdup(item->text);
		if ((*arguments)[i] == NULL)
			return schema_out_of_memory(context);
	}
	return 0;
}
