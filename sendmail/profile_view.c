/* SPDX-License-Identifier: ISC */
#include "sendmail/profile_view.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "config/provider.h"
#include "config/show.h"
#include "config/strings.h"

static const char *
tls_name(enum tls_mode tls)
{
	switch (tls) {
	case TLS_STARTTLS:
		return "starttls";
	case TLS_IMPLICIT:
		return "implicit";
	case TLS_NONE:
		break;
	}
	return "none";
}

/* How a profile logs in, in the words of postoak.yaml. */
static const char *
login_name(const struct config_profile *profile)
{
	if (profile->grant != GRANT_NONE)
		return config_grant_name(profile->grant);
	return profile->username != NULL ? "password" : "none";
}

static int
print_json(json_t *value, FILE *out, struct error *error)
{
	char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);

	json_decref(value);
	if (text == NULL)
		return error_set(error, EX_OSERR, "out of memory");
	(void)fprintf(out, "%s\n", text);
	free(text);
	return 0;
}

static json_t *
array_of(const struct config_strings *strings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < strings->count; i++)
		(void)json_array_append_new(array, json_string(strings->items[i]));
	return array;
}

/* ---- profiles ---- */

static json_t *
profile_json(const struct config *config, const struct config_profile *profile)
{
	return json_pack("{s:s, s:s?, s:s, s:i, s:s, s:s?, s:s, s:s?, s:s?, s:o, s:b}", "name",
	    profile->name, "provider", profile->provider, "host", profile->host, "port",
	    (int)profile->port, "tls", tls_name(profile->tls), "oauth_client",
	    profile->client == NULL ? NULL : profile->client->name, "login", login_name(profile),
	    "username", profile->username, "from", profile->from, "scopes",
	    array_of(&profile->scopes), "default", (int)(config->default_profile == profile));
}

static void
print_row(const struct config *config, const struct config_profile *profile, int width, FILE *out)
{
	char server[300];

	(void)snprintf(server, sizeof(server), "%s:%u", profile->host, profile->port);
	(void)fprintf(out, "%-*s  %-20s  %-34s  %-18s  %s%s\n", width, profile->name,
	    profile->provider != NULL ? profile->provider : "-", server, login_name(profile),
	    profile->username != NULL ? profile->username : "-",
	    config->default_profile == profile ? "  (default)" : "");
}

int
profile_view_list(const struct config *config, bool json, FILE *out, struct error *error)
{
	json_t *array = json ? json_array() : NULL;
	int width = 7;

	for (size_t i = 0; i < config->profile_count; i++)
		if ((int)strlen(config->profiles[i].name) > width)
			width = (int)strlen(config->profiles[i].name);
	if (!json && config->profile_count > 0)
		(void)fprintf(out, "%-*s  %-20s  %-34s  %-18s  %s\n", width, "PROFILE", "PROVIDER",
		    "SERVER", "LOGIN", "USERNAME");
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];

		if (json)
			(void)json_array_append_new(array, profile_json(config, profile));
		else
			print_row(config, profile, width, out);
	}
	return json ? print_json(array, out, error) : 0;
}

int
profile_view_show(const struct config *config, const struct config_profile *profile, bool json,
    FILE *out, struct error *error)
{
	if (json)
		return print_json(profile_json(config, profile), out, error);
	if (config_show_profile(profile, out) < 0)
		return error_set_errno(error, EX_IOERR, "standard output");
	return 0;
}

/* ---- templates ---- */

/* A template with its values. */
struct view {
	const struct provider *provider;
	struct config_client client;
	struct config_profile profile;
};

static json_t *
template_json(const struct view *view)
{
	const struct config_client *client = &view->client;
	const struct config_profile *profile = &view->profile;

	return json_pack("{s:s, s:s?, s:s?, s:i, s:s, s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:o, s:o}",
	    "name", view->provider->name, "title", view->provider->title, "host", profile->host,
	    "port", (int)profile->port, "tls", tls_name(profile->tls), "grants",
	    array_of(&view->provider->grants), "issuer", client->issuer, "token_endpoint",
	    client->token_endpoint, "authorization_endpoint", client->authorization_endpoint,
	    "device_authorization_endpoint", client->device_authorization_endpoint,
	    "revocation_endpoint", client->revocation_endpoint, "scopes", array_of(&client->scopes),
	    "client_credentials_scopes", array_of(&client->client_credentials_scopes));
}

static void
print_line(FILE *out, const char *what, const char *value)
{
	if (value != NULL)
		(void)fprintf(out, "    %-15s %s\n", what, value);
}

static void
print_words(FILE *out, const char *what, const struct config_strings *words, const char *behind)
{
	if (words->count == 0)
		return;
	(void)fprintf(out, "    %-15s ", what);
	for (size_t i = 0; i < words->count; i++)
		(void)fprintf(out, "%s%s", i > 0 ? " " : "", words->items[i]);
	(void)fprintf(out, "%s\n", behind);
}

static void
print_template(const struct view *view, FILE *out)
{
	const struct config_client *client = &view->client;

	(void)fprintf(out, "%s: %s\n", view->provider->name,
	    view->provider->title != NULL ? view->provider->title : "");
	if (view->profile.host != NULL)
		(void)fprintf(out, "    %-15s %s:%u, tls: %s\n", "server", view->profile.host,
		    view->profile.port, tls_name(view->profile.tls));
	print_words(out, "grants", &view->provider->grants, "");
	print_line(out, "token", client->token_endpoint);
	print_line(out, "authorization", client->authorization_endpoint);
	print_line(out, "device", client->device_authorization_endpoint);
	print_line(out, "revocation", client->revocation_endpoint);
	print_words(out, "scopes", &client->scopes, "");
	print_words(out, "", &client->client_credentials_scopes, " (client_credentials)");
}

static int
view_template(
    const char *directory, const char *name, json_t *array, FILE *out, struct error *error)
{
	struct provider *provider;
	struct view view = {0};
	int result = -1;

	if (provider_load(directory, name, &provider, error) < 0)
		return -1;
	view.provider = provider;
	if (provider_apply_client(provider, &view.client, error) == 0 &&
	    provider_apply_profile(provider, &view.profile, error) == 0) {
		result = 0;
		if (array != NULL)
			(void)json_array_append_new(array, template_json(&view));
		else
			print_template(&view, out);
	}
	config_client_free(&view.client);
	config_profile_free(&view.profile);
	provider_free(provider);
	return result;
}

int
profile_view_templates(const char *directory, bool json, FILE *out, struct error *error)
{
	json_t *array = json ? json_array() : NULL;
	struct config_strings names;
	int result = 0;

	if (provider_names(directory, &names, error) < 0) {
		json_decref(array);
		return -1;
	}
	for (size_t i = 0; result == 0 && i < names.count; i++)
		result = view_template(directory, names.items[i], array, out, error);
	strings_free(&names);
	if (result < 0)
		json_decref(array);
	else if (json)
		result = print_json(array, out, error);
	else
		(void)fprintf(out,
		    "\nA profile for one of them: postoak profile new NAME --provider PROVIDER\n");
	return result;
}
