/* SPDX-License-Identifier: ISC */
#include "config/schema_secret.h"

#include <stdlib.h>
#include <string.h>

#include "config/schema_text.h"
#include "config/strings.h"

static const struct schema_field secret_fields[] = {
    [SECRET_SEALED] = {.key = "sealed", .check = syntax_name},
    [SECRET_FILE] = {.key = "file", .check = syntax_path},
    [SECRET_CREDENTIAL] = {.key = "credential", .check = syntax_credential},
    [SECRET_ENV] = {.key = "env", .check = syntax_variable},
    [SECRET_COMMAND] = {.key = "command", .type = SCHEMA_ARGUMENTS},
};

#define KINDS (sizeof(secret_fields) / sizeof(secret_fields[0]))

const char *
schema_secret_kind_name(enum secret_kind kind)
{
	return secret_fields[kind].key;
}

void
schema_secret_release(struct secret_reference *secret)
{
	free(secret->value);
	strings_argv_free(secret->argv);
	*secret = (struct secret_reference){0};
}

bool
schema_secret_equal(const struct secret_reference *a, const struct secret_reference *b)
{
	if (a->kind != b->kind || (a->value == NULL) != (b->value == NULL))
		return false;
	return (a->value == NULL || strcmp(a->value, b->value) == 0) &&
	       strings_argv_equal(a->argv, b->argv);
}

static enum secret_kind
find_kind(const char *word)
{
	for (size_t i = SECRET_SEALED; i < KINDS; i++)
		if (strcmp(secret_fields[i].key, word) == 0)
			return (enum secret_kind)i;
	return SECRET_NONE;
}

int
schema_secret_load(const struct schema_context *context, const char *key,
    const struct yaml_node *node, struct secret_reference *secret)
{
	static const char expected[] = "{sealed: NAME}, {file: PATH}, {credential: NAME}, "
				       "{env: NAME} or {command: [PROGRAM, ARGUMENT..]}";
	enum secret_kind kind;
	int result;

	if (node->kind == YAML_SCALAR)
		return schema_error(context, node,
		    "\"%s\" must say where the secret is, not contain it, because this file is "
		    "world-readable: %s",
		    key, expected);
	if (node->kind != YAML_MAPPING || node->count != 1)
		return schema_error(context, node, "\"%s\" must be one of %s", key, expected);
	kind = find_kind(node->keys[0]->text);
	if (kind == SECRET_NONE)
		return schema_error(
		    context, node->keys[0], "\"%s\" must be one of %s", key, expected);
	schema_secret_release(secret);
	if (kind == SECRET_COMMAND)
		result = schema_text_load_arguments(
		    context, &secret_fields[kind], node->items[0], &secret->argv);
	else
		result =
		    schema_text_load(context, &secret_fields[kind], node->items[0], &secret->value);
	if (result == 0)
		secret->kind = kind;
	return result;
}
