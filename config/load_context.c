/* SPDX-License-Identifier: ISC */
#include "config/load_context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/strings.h"

int
load_missing(
    const struct load *load, const struct yaml_node *at, const char *key, const char *format, ...)
{
	char reason[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	return schema_error(&load->context, at, "missing key \"%s\": %s", key, reason);
}

int
load_check_names(const struct load *load, const struct yaml_node *section, const char *what)
{
	const struct yaml_node *earlier;
	const char *wrong;

	if (section->kind != YAML_MAPPING)
		return schema_error(
		    &load->context, section, "\"%s\" must be a mapping (NAME: ...)", what);
	for (size_t i = 0; i < section->count; i++) {
		wrong = syntax_name(section->keys[i]->text);
		if (wrong != NULL)
			return schema_error(
			    &load->context, section->keys[i], "a name in \"%s\" %s", what, wrong);
		earlier = yaml_tree_earlier_key(section, i);
		if (earlier != NULL)
			return schema_error(&load->context, section->keys[i],
			    "duplicate key \"%s\" (already in line %u)", earlier->text,
			    earlier->line);
	}
	return 0;
}

/* The error for a name without template; 0 where there is one. */
static int
check_known(const struct load *load, const struct yaml_node *name)
{
	const char *directory = load->config->directories.providers;
	char list[512] = "";
	struct config_strings known;
	struct error error;
	bool found = false;

	if (provider_names(directory, &known, &error) < 0)
		return schema_error(&load->context, name, "%s", error.text);
	for (size_t i = 0; i < known.count; i++) {
		found = found || strcmp(known.items[i], name->text) == 0;
		strlcat(list, i > 0 ? ", " : "", sizeof(list));
		strlcat(list, known.items[i], sizeof(list));
	}
	strings_free(&known);
	if (found)
		return 0;
	return schema_error(&load->context, name, "unknown provider \"%.64s\"; known in %s: %s",
	    name->text, directory, *list != '\0' ? list : "none");
}

int
load_template_of(
    struct load *load, const struct yaml_node *mapping, const struct provider **provider)
{
	const struct yaml_node *name = yaml_tree_find(mapping, "provider");
	struct load_template *template;

	*provider = NULL;
	if (name == NULL || name->kind != YAML_SCALAR || syntax_name(name->text) != NULL)
		return 0;
	SLIST_FOREACH(template, &load->templates, next)
	{
		if (strcmp(template->provider->name, name->text) == 0) {
			*provider = template->provider;
			return 0;
		}
	}
	if (check_known(load, name) < 0)
		return -1;
	template = calloc(1, sizeof(*template));
	if (template == NULL)
		return schema_out_of_memory(&load->context);
	if (provider_load(load->config->directories.providers, name->text, &template->provider,
		load->context.error) < 0) {
		free(template);
		/* Only what could be read has a position of its own. */
		if (load->context.error->status == EX_NOINPUT)
			schema_error(&load->context, name, "%s", load->context.error->text);
		return -1;
	}
	SLIST_INSERT_HEAD(&load->templates, template, next);
	*provider = template->provider;
	return 0;
}

void
load_free_templates(struct load *load)
{
	struct load_template *template;

	while ((template = SLIST_FIRST(&load->templates)) != NULL) {
		SLIST_REMOVE_HEAD(&load->templates, next);
		provider_free(template->provider);
		free(template);
	}
}
