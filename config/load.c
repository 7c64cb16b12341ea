/* SPDX-License-Identifier: ISC */
#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/fields.h"
#include "config/host_name.h"
#include "config/load_client.h"
#include "config/load_context.h"
#include "config/load_profile.h"
#include "config/load_route.h"
#include "config/schema_load.h"
#include "config/strings.h"
#include "config/yaml_read.h"

#define MEBI (UINT64_C(1) << 20)

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
	if (strings_append(&config->trusted_users, "root") < 0)
		return -1;
	config->untrusted_sender = UNTRUSTED_ACCEPT;
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
	load_free_templates(&load);
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
