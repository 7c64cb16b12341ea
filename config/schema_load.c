/* SPDX-License-Identifier: ISC */
#include "config/schema_load.h"

#include <string.h>

#include "config/schema_value.h"
#include "config/suggest.h"

static bool
belongs(const struct schema_context *context, const struct schema_field *field)
{
	return field->places == 0 || (field->places & context->place) != 0;
}

static const struct schema_field *
find_field(const struct schema_context *context, const struct schema_field *fields, const char *key)
{
	for (; fields->key != NULL; fields++)
		if (strcmp(fields->key, key) == 0 && belongs(context, fields))
			return fields;
	return NULL;
}

static int
unknown_key(const struct schema_context *context, const struct schema_field *fields,
    const struct yaml_node *key)
{
	struct suggest suggest;

	suggest_begin(&suggest, key->text);
	for (; fields->key != NULL; fields++)
		if (belongs(context, fields))
			suggest_offer(&suggest, fields->key);
	if (suggest.nearest == NULL)
		return schema_error(context, key, "unknown key \"%.64s\"", key->text);
	return schema_error(context, key, "unknown key \"%.64s\"; did you mean \"%s\"?", key->text,
	    suggest.nearest);
}

static int
load_field(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *value, void *destination)
{
	if (field->type == SCHEMA_SECTION)
		return 0;
	if (field->type != SCHEMA_GROUP)
		return schema_value_load(context, field, value, destination);
	if (value->kind != YAML_MAPPING && !value->null)
		return schema_error(
		    context, value, "\"%s\" must be a mapping (KEY: VALUE)", field->key);
	return schema_load(context, field->fields, value, destination);
}

int
schema_load(const struct schema_context *context, const struct schema_field *fields,
    const struct yaml_node *mapping, void *destination)
{
	const struct schema_field *field;
	const struct yaml_node *key;
	const struct yaml_node *earlier;

	if (mapping->null)
		return 0;
	if (mapping->kind != YAML_MAPPING)
		return schema_error(context, mapping, "must be a mapping (KEY: VALUE)");
	for (size_t i = 0; i < mapping->count; i++) {
		key = mapping->keys[i];
		field = find_field(context, fields, key->text);
		if (field == NULL) {
			if (context->tolerant)
				continue;
			return unknown_key(context, fields, key);
		}
		earlier = yaml_tree_earlier_key(mapping, i);
		if (earlier != NULL)
			return schema_error(context, key,
			    "duplicate key \"%s\" (already in line %u)", key->text, earlier->line);
		if (load_field(context, field, mapping->items[i], destination) < 0)
			return -1;
	}
	return 0;
}
