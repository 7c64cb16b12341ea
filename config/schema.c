/* SPDX-License-Identifier: ISC */
#include "config/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

int
schema_error(
    const struct schema_context *context, const struct yaml_node *at, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return yaml_tree_error(context->path, at, context->error, "%s", text);
}

int
schema_out_of_memory(const struct schema_context *context)
{
	return error_set(context->error, EX_OSERR, "out of memory");
}

int
schema_expect_list(
    const struct schema_context *context, const char *key, const struct yaml_node *node)
{
	if (node->kind == YAML_SEQUENCE || node->null)
		return 0;
	return schema_error(context, node, "\"%s\" must be a list ([A, B])", key);
}

const char *
schema_choice_name(const struct schema_choice *choices, unsigned value)
{
	for (; choices->name != NULL; choices++)
		if (choices->value == value)
			return choices->name;
	return NULL;
}
