/*
 * A configuration being loaded: what the loaders of its sections share. They run in
 * the order clients, profiles, routes, because each refers to those before it.
 */
#ifndef POSTOAK_CONFIG_LOAD_CONTEXT_H
#define POSTOAK_CONFIG_LOAD_CONTEXT_H

#include <bsd/sys/queue.h>

#include "config/config.h"
#include "config/provider.h"
#include "config/schema.h"

struct load_template {
	SLIST_ENTRY(load_template) next;
	struct provider *provider;
};

struct load {
	struct schema_context context;
	struct config *config;
	const struct yaml_node *clients;       /* oauth_clients, or null */
	SLIST_HEAD(, load_template) templates; /* those read so far */
};

/*
 * Fill the error: a key that is missing at `at` (a name, or the start of a mapping),
 * and why it is needed. Returns -1.
 */
int load_missing(const struct load *load, const struct yaml_node *at, const char *key,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Check that `section` (of `oauth_clients` or `profiles`) is a mapping whose keys are
 * names, each there once. Returns 0, or -1 and the error.
 */
int load_check_names(const struct load *load, const struct yaml_node *section, const char *what);

/*
 * The template that `mapping` names under "provider": *provider null where it names
 * none (or where something else than a word stands there, which the schema will
 * report). Unknown names are an error that lists the known ones.
 */
int load_template_of(
    struct load *load, const struct yaml_node *mapping, const struct provider **provider);

/* Free the templates read so far. */
void load_free_templates(struct load *load);

#endif
