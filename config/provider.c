/* SPDX-License-Identifier: ISC */
#include "config/provider.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/fields.h"
#include "config/schema_load.h"
#include "config/schema_walk.h"
#include "config/strings.h"
#include "config/syntax.h"
#include "config/text_stream.h"
#include "config/yaml_read.h"

#define SUFFIX ".yaml"

static const struct schema_choice login_choices[] = {
    {"optional", PROVIDER_LOGIN_OPTIONAL},
    {"required", PROVIDER_LOGIN_REQUIRED},
    {"none", PROVIDER_LOGIN_NONE},
    {0},
};

static const struct schema_choice public_client_choices[] = {{"no", false}, {"yes", true}, {0}};

static const char *
check_grant(const char *text)
{
	if (strcmp(text, "password") == 0 || strcmp(text, "none") == 0)
		return NULL;
	for (const struct schema_choice *choice = grant_choices; choice->name != NULL; choice++)
		if (strcmp(text, choice->name) == 0)
			return NULL;
	return "must be grants, password or none";
}

static const struct schema_field provider_fields[] = {
    {.key = "title", .type = SCHEMA_STRING, .offset = offsetof(struct provider, title)},
    {.key = "grants",
	.type = SCHEMA_STRINGS,
	.offset = offsetof(struct provider, grants),
	.check = check_grant},
    {.key = "public_client",
	.type = SCHEMA_SWITCH,
	.offset = offsetof(struct provider, public_client),
	.choices = public_client_choices},
    {.key = "preparation",
	.type = SCHEMA_STRINGS,
	.offset = offsetof(struct provider, preparation)},
    {.key = "login",
	.type = SCHEMA_CHOICE,
	.offset = offsetof(struct provider, login),
	.choices = login_choices},
    {.key = "client", .type = SCHEMA_SECTION},
    {.key = "profile", .type = SCHEMA_SECTION},
    {0},
};

void
provider_free(struct provider *provider)
{
	if (provider == NULL)
		return;
	schema_release(provider_fields, provider);
	yaml_tree_free(provider->root);
	free(provider->path);
	free(provider->name);
	free(provider);
}

static int
read_template(struct provider *provider, struct error *error)
{
	struct schema_context context = {
	    .path = provider->path, .place = SCHEMA_TEMPLATE, .error = error};

	if (yaml_tree_read(provider->path, &provider->root, error) < 0)
		return -1;
	return schema_load(&context, provider_fields, provider->root, provider);
}

int
provider_load(
    const char *directory, const char *name, struct provider **result, struct error *error)
{
	struct provider *provider;

	*result = NULL;
	/* The name becomes part of a path. */
	if (syntax_name(name) != NULL)
		return error_set(error, EX_NOINPUT, "not the name of a provider");
	provider = calloc(1, sizeof(*provider));
	if (provider == NULL)
		return error_set(error, EX_OSERR, "out of memory");
	provider->name = strdup(name);
	if (provider->name == NULL ||
	    asprintf(&provider->path, "%s/%s" SUFFIX, directory, name) < 0) {
		provider->path = NULL;
		provider_free(provider);
		return error_set(error, EX_OSERR, "out of memory");
	}
	if (read_template(provider, error) < 0) {
		provider_free(provider);
		return -1;
	}
	*result = provider;
	return 0;
}

static int
apply(const struct provider *provider, const char *section, const struct schema_field *fields,
    void *destination, struct error *error)
{
	const struct yaml_node *mapping = yaml_tree_find(provider->root, section);
	struct schema_context context = {
	    .path = provider->path, .place = SCHEMA_TEMPLATE, .error = error};

	return mapping == NULL ? 0 : schema_load(&context, fields, mapping, destination);
}

int
provider_apply_client(
    const struct provider *provider, struct config_client *client, struct error *error)
{
	return apply(provider, "client", client_fields, client, error);
}

int
provider_apply_profile(
    const struct provider *provider, struct config_profile *profile, struct error *error)
{
	return apply(provider, "profile", profile_fields, profile, error);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The length of the provider's name in a file's name, or 0. */
static size_t
name_length(const char *file)
{
	size_t length = strlen(file);

	if (length <= strlen(SUFFIX) || syntax_name(file) != NULL ||
	    strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0)
		return 0;
	return length - strlen(SUFFIX);
}

int
provider_names(const char *directory, struct config_strings *names, struct error *error)
{
	char name[NAME_MAX + 1];
	const struct dirent *entry;
	size_t length;
	DIR *stream = opendir(directory);
	int result = 0;

	*names = (struct config_strings){0};
	if (stream == NULL)
		return error_set_errno(
		    error, EX_NOINPUT, "cannot read the providers in %s", directory);
	while (result == 0 && (entry = readdir(stream)) != NULL) {
		length = name_length(entry->d_name);
		if (length == 0)
			continue;
		memcpy(name, entry->d_name, length);
		name[length] = '\0';
		result = strings_append(names, name);
	}
	closedir(stream);
	if (result < 0) {
		strings_free(names);
		return error_set(error, EX_OSERR, "out of memory");
	}
	if (names->count > 0)
		qsort(names->items, names->count, sizeof(char *), compare);
	return 0;
}

const char *
provider_step(const struct provider *provider, size_t index, const char *grant)
{
	const char *step = provider->preparation.items[index];
	const char *end = *step == '[' ? strchr(step, ']') : NULL;

	if (end == NULL)
		return step;
	for (step++; step < end; step += strspn(step, ", ")) {
		size_t length = strcspn(step, ",]");

		if (length == strlen(grant) && strncmp(step, grant, length) == 0)
			return end + 1 + strspn(end + 1, " ");
		step += length;
	}
	return NULL;
}

char *
provider_expand(const char *text, const char *placeholder, const char *value)
{
	char *result = NULL;
	size_t size;
	const char *found;
	FILE *stream = text_stream_open(&result, &size);

	if (stream == NULL)
		return NULL;
	while ((found = strstr(text, placeholder)) != NULL) {
		(void)fprintf(stream, "%.*s%s", (int)(found - text), text, value);
		text = found + strlen(placeholder);
	}
	(void)fputs(text, stream);
	if (fclose(stream) == 0)
		return result;
	free(result);
	return NULL;
}
