/*
 * Providers' templates: providers/NAME.yaml says where a provider's servers are and
 * how they want to be used.
 *
 * A template has `title`, `login` (required, optional, none), `grants` (how profiles may log
 * in: grants, "password", "none"; the usual one first), `public_client` (whether grants that
 * a person gives need no secret), `preparation` (a list: what to do at the provider; a step
 * that begins with "[GRANT, ...] " is only for these), and two mappings with the keys of
 * postoak.yaml that concern the provider: `client` for OAuth clients, `profile` for profiles. A
 * client template may have `client_credentials_scopes` besides `scopes`. {tenant_id} in URLs and
 * {tenant_domain} in `host` stand for the configuration's keys of that name. postoak.yaml(5)
 * documents it.
 */
#ifndef POSTOAK_CONFIG_PROVIDER_H
#define POSTOAK_CONFIG_PROVIDER_H

#include "config/config.h"
#include "config/error.h"
#include "config/yaml.h"

enum provider_login {
	PROVIDER_LOGIN_OPTIONAL, /* default */
	PROVIDER_LOGIN_REQUIRED, /* a profile without login does not work */
	PROVIDER_LOGIN_NONE,     /* the server takes none */
};

struct provider {
	char *name;
	char *path; /* of the template, for messages */
	char *title;
	enum provider_login login;
	struct config_strings grants;
	bool public_client;
	struct config_strings preparation; /* one step each */
	struct yaml_node *root;
};

/*
 * Read the template `name` in `directory`. *provider is new, freed with
 * provider_free. EX_NOINPUT where there is none, else as config_load; the text
 * has the template's own position.
 */
int provider_load(
    const char *directory, const char *name, struct provider **provider, struct error *error);
void provider_free(struct provider *provider);

/*
 * Load the template's values over what is in `client` or `profile` (may be all zero,
 * to look at the template alone; released with config_client_free and
 * config_profile_free). Placeholders stay.
 */
int provider_apply_client(
    const struct provider *provider, struct config_client *client, struct error *error);
int provider_apply_profile(
    const struct provider *provider, struct config_profile *profile, struct error *error);

/*
 * Names of the templates in `directory`, sorted, into `names` (freed with
 * strings_free). EX_NOINPUT where the directory cannot be read.
 */
int provider_names(const char *directory, struct config_strings *names, struct error *error);

/*
 * Step `index` of the preparation where it is one for `grant`, without the grants it begins
 * with; else null.
 */
const char *provider_step(const struct provider *provider, size_t index, const char *grant);

/*
 * A fresh copy of `text` with each `placeholder` replaced by `value`; null without
 * memory.
 */
char *provider_expand(const char *text, const char *placeholder, const char *value);

#endif
