/* SPDX-License-Identifier: ISC */
#include "config/load.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/fields.h"
#include "config/host_name.h"
#include "config/load_client.h"
#include "config/load_profile.h"
#include "config/load_route.h"
#include "config/strings.h"

#define MEBI (UINT64_C(1) << 20)

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

static void
free_templates(struct load *load)
{
	struct load_template *template;

	while ((template = SLIST_FIRST(&load->templates)) != NULL) {
		SLIST_REMOVE_HEAD(&load->templates, next);
		provider_free(template->provider);
		free(template);
	}
}

static int
set_defaults(struct config *config, const char *path)
{
	const struct {
		char **place;
		const char *value;
	} strings[] = {
	    {&config->path, path},
	    {&config->postmaster, "postmaster"},
	    {&config->aliases, "/etc/aliases"},
	    {&config->syslog_name, "postoak"},
	    {&config->user, "postoak"},
	    {&config->submit_group, "postoak-drop"},
	    {&config->directories.spool, "/var/spool/postoak"},
	    {&config->directories.state, "/var/lib/postoak"},
	    {&config->directories.runtime, "/run/postoak"},
	    {&config->directories.providers, POSTOAK_DATADIR "/providers"},
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		*strings[i].place = strdup(strings[i].value);
		if (*strings[i].place == NULL)
			return -1;
	}
	config->message_size_limit = 35 * MEBI;
	config->minimum_free_space = 64 * MEBI;
	config->sandbox = SANDBOX_AUTO;
	config->queue = (struct config_queue){.retry_minimum = 60,
	    .retry_maximum = 60 * 60,
	    .lifetime = 5 * 24 * 60 * 60,
	    .delay_warning = 4 * 60 * 60};
	return 0;
}

/* The names that come from the system where the file has none. */
static int
complete_names(const struct schema_context *context, struct config *config)
{
	char name[HOST_NAME_MAX + 1] = "";
	char *mail_name = host_name_read(HOST_NAME_MAILNAME);

	if (config->hostname == NULL) {
		if (gethostname(name, sizeof(name) - 1) < 0)
			*name = '\0';
		config->hostname = host_name_complete(name, mail_name);
	}
	if (config->mail_name != NULL) {
		free(mail_name);
	} else if (mail_name != NULL) {
		config->mail_name = mail_name;
	} else if (config->hostname != NULL) {
		config->mail_name = strdup(config->hostname);
	}
	if (config->hostname == NULL || config->mail_name == NULL)
		return schema_out_of_memory(context);
	return 0;
}

static int
check_queue(const struct load *load, const struct yaml_node *section)
{
	const struct yaml_node *at = yaml_tree_find(section, "retry_minimum");

	if (load->config->queue.retry_minimum <= load->config->queue.retry_maximum)
		return 0;
	if (at == NULL)
		at = yaml_tree_find(section, "retry_maximum");
	return schema_error(
	    &load->context, at, "\"retry_minimum\" must not exceed \"retry_maximum\"");
}

static int
load_sections(struct load *load, const struct yaml_node *root)
{
	load->clients = yaml_tree_find(root, "oauth_clients");
	if (check_queue(load, yaml_tree_find(root, "queue")) < 0 || load_clients(load) < 0 ||
	    load_profiles(load, yaml_tree_find(root, "profiles")) < 0 ||
	    load_routes(load, yaml_tree_find(root, "routes")) < 0)
		return -1;
	return load_default_profile(load, yaml_tree_find(root, "default_profile"));
}

static int
load_document(struct config *config, const struct yaml_node *root, enum schema_place place,
    struct error *error)
{
	struct load load = {
	    .context = {.path = config->path,
		.place = place,
		.tolerant = place == SCHEMA_SUBMISSION,
		.config = config,
		.error = error},
	    .config = config,
	    .templates = SLIST_HEAD_INITIALIZER(load.templates),
	};
	int result = 0;

	if (root != NULL)
		result = schema_load(&load.context, config_fields, root, config);
	if (result == 0)
		result = complete_names(&load.context, config);
	if (result == 0 && place == SCHEMA_FILE)
		result = load_sections(&load, root);
	free_templates(&load);
	return result;
}

/* Where a file may be missing, that leaves *root null. */
static int
read_document(
    const char *path, enum schema_place place, struct yaml_node **root, struct error *error)
{
	if (yaml_tree_read(path, root, error) == 0)
		return 0;
	*root = NULL;
	if (place == SCHEMA_SUBMISSION && error->status == EX_NOINPUT && errno == ENOENT)
		return 0;
	return -1;
}

static int
load_file(const char *path, enum schema_place place, struct config **result, struct error *error)
{
	struct config *config;
	struct yaml_node *root;
	struct error ignored;

	*result = NULL;
	if (error == NULL)
		error = &ignored;
	if (path == NULL)
		path = CONFIG_DEFAULT_PATH;
	config = calloc(1, sizeof(*config));
	if (config == NULL || set_defaults(config, path) < 0) {
		config_free(config);
		return error_set(error, EX_OSERR, "out of memory");
	}
	if (read_document(path, place, &root, error) < 0)
		goto failed;
	config->file_exists = root != NULL;
	if (load_document(config, root, place, error) < 0)
		goto failed_document;
	yaml_tree_free(root);
	*result = config;
	return 0;

failed_document:
	yaml_tree_free(root);
failed:
	config_free(config);
	return -1;
}

int
config_load(const char *path, struct config **config, struct error *error)
{
	return load_file(path, SCHEMA_FILE, config, error);
}

int
config_load_submission(const char *path, struct config **config, struct error *error)
{
	return load_file(path, SCHEMA_SUBMISSION, config, error);
}
