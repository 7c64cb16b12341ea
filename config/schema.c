/* SPDX-License-Identifier: ISC */
#include "config/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/fields.h"
#include "config/parameters.h"
#include "config/schema_secret.h"
#include "config/schema_value.h"
#include "config/strings.h"
#include "config/suggest.h"

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

const char *
schema_choice_name(const struct schema_choice *choices, unsigned value)
{
	for (; choices->name != NULL; choices++)
		if (choices->value == value)
			return choices->name;
	return NULL;
}

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

static void
release_value(const struct schema_field *field, void *at)
{
	switch (field->type) {
	case SCHEMA_STRING:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case SCHEMA_STRINGS:
		strings_free(at);
		break;
	case SCHEMA_ARGUMENTS:
		strings_argv_free(*(char ***)at);
		*(char ***)at = NULL;
		break;
	case SCHEMA_SECRET:
		schema_secret_release(at);
		break;
	case SCHEMA_PARAMETERS:
		parameters_free(at);
		break;
	default:
		break;
	}
}

void
schema_release(const struct schema_field *fields, void *destination)
{
	for (; fields->key != NULL; fields++) {
		if (fields->type == SCHEMA_GROUP)
			schema_release(fields->fields, destination);
		else if (fields->type != SCHEMA_SECTION)
			release_value(fields, (char *)destination + fields->offset);
	}
}

static bool
equal_strings(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
equal_clients(const struct config_client *a, const struct config_client *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->name, b->name) == 0 && schema_equal(client_fields, a, b);
}

static bool
equal_profiles(const struct config_profile *a, const struct config_profile *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a->name, b->name) == 0;
}

static bool
equal_value(const struct schema_field *field, const void *a, const void *b)
{
	switch (field->type) {
	case SCHEMA_STRING:
		return equal_strings(*(char *const *)a, *(char *const *)b);
	case SCHEMA_STRINGS:
		return strings_equal(a, b);
	case SCHEMA_ARGUMENTS:
		return strings_argv_equal(*(char **const *)a, *(char **const *)b);
	case SCHEMA_NUMBER:
	case SCHEMA_DURATION:
	case SCHEMA_CHOICE:
	case SCHEMA_FLAGS:
		return *(const unsigned *)a == *(const unsigned *)b;
	case SCHEMA_SIZE:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case SCHEMA_SWITCH:
		return *(const bool *)a == *(const bool *)b;
	case SCHEMA_SECRET:
		return schema_secret_equal(a, b);
	case SCHEMA_PARAMETERS:
		return parameters_equal(a, b);
	case SCHEMA_USER:
		return *(const uid_t *)a == *(const uid_t *)b;
	case SCHEMA_CLIENT:
		return equal_clients(*(const struct config_client *const *)a,
		    *(const struct config_client *const *)b);
	case SCHEMA_PROFILE:
		return equal_profiles(*(const struct config_profile *const *)a,
		    *(const struct config_profile *const *)b);
	case SCHEMA_GROUP:
	case SCHEMA_SECTION:
		break;
	}
	return true;
}

bool
schema_equal(const struct schema_field *fields, const void *a, const void *b)
{
	for (; fields->key != NULL; fields++) {
		if (fields->type == SCHEMA_GROUP) {
			if (!schema_equal(fields->fields, a, b))
				return false;
		} else if (!equal_value(fields, (const char *)a + fields->offset,
			       (const char *)b + fields->offset)) {
			return false;
		}
	}
	return true;
}
