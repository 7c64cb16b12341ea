/* SPDX-License-Identifier: ISC */
#include "config/schema_value.h"

#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/parameters.h"
#include "config/schema_name.h"
#include "config/schema_secret.h"
#include "config/schema_text.h"
#include "config/units.h"

/* Choices are stored as unsigned, whatever their enum is called. */
_Static_assert(sizeof(enum tls_mode) == sizeof(unsigned), "enums are as wide as unsigned");

static int
load_number(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, unsigned *number)
{
	const char *text = schema_text_of(context, field->key, node);
	const char *wrong = NULL;
	long long value = 0;

	if (text == NULL)
		return -1;
	if (text[strspn(text, "0123456789")] == '\0')
		value =
		    strtonum(text, (long long)field->minimum, (long long)field->maximum, &wrong);
	else
		wrong = "not a number";
	if (wrong != NULL)
		return schema_error(context, node, "\"%s\" must be a number from %llu to %llu",
		    field->key, (unsigned long long)field->minimum,
		    (unsigned long long)field->maximum);
	*number = (unsigned)value;
	return 0;
}

static int
load_duration(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, unsigned *seconds)
{
	const char *text = schema_text_of(context, field->key, node);
	unsigned value = 0;
	int result;

	if (text == NULL)
		return -1;
	result = units_parse_duration(text, &value);
	if (result == 0 && value >= field->minimum) {
		*seconds = value;
		return 0;
	}
	return schema_error(context, node,
	    "\"%s\" must be a duration%s: a number with s, m, h or d, from 1s to 365d", field->key,
	    field->minimum == 0 ? ", or 0" : "");
}

static int
load_size(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, uint64_t *octets)
{
	const char *text = schema_text_of(context, field->key, node);
	char minimum[UNITS_TEXT_MAX];
	char maximum[UNITS_TEXT_MAX];
	uint64_t value = 0;

	if (text == NULL)
		return -1;
	if (units_parse_size(text, &value) == 0 && value >= field->minimum &&
	    value <= field->maximum) {
		*octets = value;
		return 0;
	}
	units_format_size(field->minimum, minimum);
	units_format_size(field->maximum, maximum);
	return schema_error(context, node,
	    "\"%s\" must be a size: a number of octets, or one with K, M or G, from %s to %s",
	    field->key, minimum, maximum);
}

static int
find_choice(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, unsigned *value)
{
	const char *text = schema_text_of(context, field->key, node);
	char words[256] = "";

	if (text == NULL)
		return -1;
	for (const struct schema_choice *choice = field->choices; choice->name != NULL; choice++) {
		if (strcmp(choice->name, text) == 0) {
			*value = choice->value;
			return 0;
		}
		if (*words != '\0')
			strlcat(words, ", ", sizeof(words));
		strlcat(words, choice->name, sizeof(words));
	}
	return schema_error(context, node, "\"%s\" must be one of %s", field->key, words);
}

static int
load_flags(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, unsigned *flags)
{
	unsigned all = 0;
	unsigned flag = 0;

	if (schema_expect_list(context, field->key, node) < 0)
		return -1;
	for (size_t i = 0; i < node->count; i++) {
		if (find_choice(context, field, node->items[i], &flag) < 0)
			return -1;
		all |= flag;
	}
	*flags = all;
	return 0;
}

static int
load_parameters(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, struct config_parameters *parameters)
{
	const struct yaml_node *key;
	const char *text;

	if (node->kind != YAML_MAPPING && !node->null)
		return schema_error(
		    context, node, "\"%s\" must be a mapping ({NAME: VALUE})", field->key);
	for (size_t i = 0; i < node->count; i++) {
		key = node->keys[i];
		if (schema_text_checked(context, field, key) == NULL)
			return -1;
		if (yaml_tree_earlier_key(node, i) != NULL)
			return schema_error(context, key, "duplicate key \"%.64s\"", key->text);
		text = schema_text_of(context, key->text, node->items[i]);
		if (text == NULL)
			return -1;
		if (parameters_set(parameters, key->text, text) < 0)
			return schema_out_of_memory(context);
	}
	return 0;
}

int
schema_value_load(const struct schema_context *context, const struct schema_field *field,
    const struct yaml_node *node, void *destination)
{
	void *at = (char *)destination + field->offset;
	unsigned value = 0;

	switch (field->type) {
	case SCHEMA_STRING:
		return schema_text_load(context, field, node, at);
	case SCHEMA_STRINGS:
		return schema_text_load_list(context, field, node, at);
	case SCHEMA_ARGUMENTS:
		return schema_text_load_arguments(context, field, node, at);
	case SCHEMA_NUMBER:
		return load_number(context, field, node, at);
	case SCHEMA_DURATION:
		return load_duration(context, field, node, at);
	case SCHEMA_SIZE:
		return load_size(context, field, node, at);
	case SCHEMA_CHOICE:
		return find_choice(context, field, node, at);
	case SCHEMA_SWITCH:
		if (find_choice(context, field, node, &value) < 0)
			return -1;
		*(bool *)at = value != 0;
		return 0;
	case SCHEMA_FLAGS:
		return load_flags(context, field, node, at);
	case SCHEMA_SECRET:
		return schema_secret_load(context, field->key, node, at);
	case SCHEMA_PARAMETERS:
		return load_parameters(context, field, node, at);
	case SCHEMA_USER:
		if (schema_name_user(context, field->key, node, at) < 0)
			return -1;
		*(bool *)((char *)destination + field->present) = true;
		return 0;
	case SCHEMA_CLIENT:
		return schema_name_client(context, field->key, node, at);
	case SCHEMA_PROFILE:
		return schema_name_profile(context, field->key, node, at);
	case SCHEMA_GROUP:
	case SCHEMA_SECTION:
		break;
	}
	return 0;
}
