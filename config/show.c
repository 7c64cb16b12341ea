/* SPDX-License-Identifier: ISC */
#include "config/show.h"

#include <inttypes.h>
#include <string.h>

#include <yaml.h>

#include "config/fields.h"
#include "config/schema_secret.h"
#include "config/units.h"
#include "config/yaml.h"

/* The first failure sticks: nothing is written after it. */
struct writer {
	yaml_emitter_t emitter;
	bool failed;
};

/* `made` tells whether there was memory for the event; the emitter takes it over. */
static void
put(struct writer *writer, yaml_event_t *event, int made)
{
	if (!made || writer->failed) {
		if (made)
			yaml_event_delete(event);
		writer->failed = true;
		return;
	}
	if (!yaml_emitter_emit(&writer->emitter, event))
		writer->failed = true;
}

static void
put_text(struct writer *writer, const char *text)
{
	yaml_scalar_style_t style =
	    yaml_tree_is_null_text(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;
	yaml_event_t event;

	put(writer, &event,
	    yaml_scalar_event_initialize(
		&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style));
}

static void
begin_mapping(struct writer *writer, yaml_mapping_style_t style)
{
	yaml_event_t event;

	put(writer, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style));
}

static void
end_mapping(struct writer *writer)
{
	yaml_event_t event;

	put(writer, &event, yaml_mapping_end_event_initialize(&event));
}

static void
begin_list(struct writer *writer, yaml_sequence_style_t style)
{
	yaml_event_t event;

	put(writer, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style));
}

static void
end_list(struct writer *writer)
{
	yaml_event_t event;

	put(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static void
put_key_text(struct writer *writer, const char *key, const char *text)
{
	if (text == NULL)
		return;
	put_text(writer, key);
	put_text(writer, text);
}

static void
put_strings(
    struct writer *writer, const struct schema_field *field, const struct config_strings *strings)
{
	if (strings->count == 0 && !field->empty_is_set)
		return;
	put_text(writer, field->key);
	begin_list(writer, YAML_FLOW_SEQUENCE_STYLE);
	for (size_t i = 0; i < strings->count; i++)
		put_text(writer, strings->items[i]);
	end_list(writer);
}

static void
put_arguments(struct writer *writer, const char *key, char *const *arguments)
{
	if (arguments == NULL)
		return;
	put_text(writer, key);
	begin_list(writer, YAML_FLOW_SEQUENCE_STYLE);
	for (; *arguments != NULL; arguments++)
		put_text(writer, *arguments);
	end_list(writer);
}

static void
put_flags(struct writer *writer, const struct schema_field *field, unsigned flags)
{
	if (flags == 0)
		return;
	put_text(writer, field->key);
	begin_list(writer, YAML_FLOW_SEQUENCE_STYLE);
	for (const struct schema_choice *choice = field->choices; choice->name != NULL; choice++)
		if ((flags & choice->value) != 0)
			put_text(writer, choice->name);
	end_list(writer);
}

static void
put_secret(struct writer *writer, const char *key, const struct secret_reference *secret)
{
	const char *kind;

	if (secret->kind == SECRET_NONE)
		return;
	kind = schema_secret_kind_name(secret->kind);
	put_text(writer, key);
	begin_mapping(writer, YAML_FLOW_MAPPING_STYLE);
	if (secret->kind == SECRET_COMMAND)
		put_arguments(writer, kind, secret->argv);
	else
		put_key_text(writer, kind, secret->value);
	end_mapping(writer);
}

static void
put_parameters(struct writer *writer, const char *key, const struct config_parameters *parameters)
{
	if (parameters->count == 0)
		return;
	put_text(writer, key);
	begin_mapping(writer, YAML_FLOW_MAPPING_STYLE);
	for (size_t i = 0; i < parameters->count; i++)
		put_key_text(writer, parameters->items[i].name, parameters->items[i].value);
	end_mapping(writer);
}

static void
put_number(struct writer *writer, const struct schema_field *field, unsigned number)
{
	char text[UNITS_TEXT_MAX];

	if (number == 0 && field->zero_is_unset)
		return;
	if (field->type == SCHEMA_DURATION)
		units_format_duration(number, text);
	else
		(void)snprintf(text, sizeof(text), "%u", number);
	put_key_text(writer, field->key, text);
}

static void
put_size(struct writer *writer, const char *key, uint64_t octets)
{
	char text[UNITS_TEXT_MAX];

	units_format_size(octets, text);
	put_key_text(writer, key, text);
}

static void
put_user(struct writer *writer, const struct schema_field *field, const void *structure)
{
	const bool *present = (const void *)((const char *)structure + field->present);
	const uid_t *uid = (const void *)((const char *)structure + field->offset);
	char text[UNITS_TEXT_MAX];

	if (!*present)
		return;
	(void)snprintf(text, sizeof(text), "%ju", (uintmax_t)*uid);
	put_key_text(writer, field->key, text);
}

static void put_fields(
    struct writer *writer, const struct schema_field *fields, const void *structure);

static void
put_field(struct writer *writer, const struct schema_field *field, const void *structure)
{
	const void *at = (const char *)structure + field->offset;
	const struct config_client *const *client = at;
	const struct config_profile *const *profile = at;

	switch (field->type) {
	case SCHEMA_STRING:
		put_key_text(writer, field->key, *(char *const *)at);
		break;
	case SCHEMA_STRINGS:
		put_strings(writer, field, at);
		break;
	case SCHEMA_ARGUMENTS:
		put_arguments(writer, field->key, *(char **const *)at);
		break;
	case SCHEMA_NUMBER:
	case SCHEMA_DURATION:
		put_number(writer, field, *(const unsigned *)at);
		break;
	case SCHEMA_SIZE:
		put_size(writer, field->key, *(const uint64_t *)at);
		break;
	case SCHEMA_CHOICE:
		put_key_text(
		    writer, field->key, schema_choice_name(field->choices, *(const unsigned *)at));
		break;
	case SCHEMA_SWITCH:
		put_key_text(
		    writer, field->key, schema_choice_name(field->choices, *(const bool *)at));
		break;
	case SCHEMA_FLAGS:
		put_flags(writer, field, *(const unsigned *)at);
		break;
	case SCHEMA_SECRET:
		put_secret(writer, field->key, at);
		break;
	case SCHEMA_PARAMETERS:
		put_parameters(writer, field->key, at);
		break;
	case SCHEMA_USER:
		put_user(writer, field, structure);
		break;
	case SCHEMA_CLIENT:
		put_key_text(writer, field->key, *client != NULL ? (*client)->name : NULL);
		break;
	case SCHEMA_PROFILE:
		put_key_text(writer, field->key, *profile != NULL ? (*profile)->name : NULL);
		break;
	case SCHEMA_GROUP:
		put_text(writer, field->key);
		begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
		put_fields(writer, field->fields, structure);
		end_mapping(writer);
		break;
	case SCHEMA_SECTION:
		break;
	}
}

/* Only what postoak.yaml may contain. */
static void
put_fields(struct writer *writer, const struct schema_field *fields, const void *structure)
{
	for (; fields->key != NULL; fields++)
		if (fields->places == 0 || (fields->places & SCHEMA_FILE) != 0)
			put_field(writer, fields, structure);
}

static void
put_client(struct writer *writer, const struct config_client *client)
{
	struct config_client shown = *client;

	/* These are the template's; as the client's own they would cover those for
	 * client_credentials when read again. */
	if (client->client_credentials_scopes.count > 0)
		shown.scopes.count = 0;
	put_text(writer, client->name);
	begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
	put_fields(writer, client_fields, &shown);
	end_mapping(writer);
}

static void
put_profile(struct writer *writer, const struct config_profile *profile)
{
	put_text(writer, profile->name);
	begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
	put_fields(writer, profile_fields, profile);
	end_mapping(writer);
}

static void
put_sections(struct writer *writer, const struct config *config)
{
	put_text(writer, "oauth_clients");
	begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
	for (size_t i = 0; i < config->client_count; i++)
		put_client(writer, &config->clients[i]);
	end_mapping(writer);

	put_text(writer, "profiles");
	begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
	for (size_t i = 0; i < config->profile_count; i++)
		put_profile(writer, &config->profiles[i]);
	end_mapping(writer);

	put_text(writer, "routes");
	begin_list(writer, YAML_BLOCK_SEQUENCE_STYLE);
	for (size_t i = 0; i < config->route_count; i++) {
		begin_mapping(writer, YAML_FLOW_MAPPING_STYLE);
		put_fields(writer, route_fields, &config->routes[i]);
		end_mapping(writer);
	}
	end_list(writer);
	put_field(writer, &default_profile_field, config);
}

/* Begin a document whose content is a mapping. */
static int
begin_document(struct writer *writer, FILE *out)
{
	yaml_event_t event;

	*writer = (struct writer){.failed = false};
	if (!yaml_emitter_initialize(&writer->emitter))
		return -1;
	yaml_emitter_set_output_file(&writer->emitter, out);
	yaml_emitter_set_unicode(&writer->emitter, 1);
	yaml_emitter_set_width(&writer->emitter, -1);
	put(writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	put(writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	begin_mapping(writer, YAML_BLOCK_MAPPING_STYLE);
	return 0;
}

static int
end_document(struct writer *writer, FILE *out)
{
	yaml_event_t event;

	end_mapping(writer);
	put(writer, &event, yaml_document_end_event_initialize(&event, 1));
	put(writer, &event, yaml_stream_end_event_initialize(&event));
	if (!writer->failed && (!yaml_emitter_flush(&writer->emitter) || fflush(out) != 0))
		writer->failed = true;
	yaml_emitter_delete(&writer->emitter);
	return writer->failed ? -1 : 0;
}

int
config_show(const struct config *config, FILE *out)
{
	struct writer writer;

	if (begin_document(&writer, out) < 0)
		return -1;
	put_fields(&writer, config_fields, config);
	put_sections(&writer, config);
	return end_document(&writer, out);
}

int
config_show_profile(const struct config_profile *profile, FILE *out)
{
	struct writer writer;

	if (begin_document(&writer, out) < 0)
		return -1;
	if (profile->client != NULL) {
		put_text(&writer, "oauth_clients");
		begin_mapping(&writer, YAML_BLOCK_MAPPING_STYLE);
		put_client(&writer, profile->client);
		end_mapping(&writer);
	}
	put_text(&writer, "profiles");
	begin_mapping(&writer, YAML_BLOCK_MAPPING_STYLE);
	put_profile(&writer, profile);
	end_mapping(&writer);
	return end_document(&writer, out);
}
