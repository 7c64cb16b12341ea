/* SPDX-License-Identifier: ISC */
#include "oauth/grant.h"

#include <string.h>
#include <sysexits.h>

static const struct grant_method {
	enum grant grant;
	grant_build *build;
	bool uses_refresh_token;
} methods[] = {
    {GRANT_CLIENT_CREDENTIALS, grant_client_credentials, false},
    {GRANT_JWT_BEARER, grant_jwt_bearer, false},
    {GRANT_REFRESH_TOKEN, grant_refresh_token, true},
    {GRANT_AUTHORIZATION_CODE, grant_refresh_token, true},
    {GRANT_DEVICE_CODE, grant_refresh_token, true},
};

static const struct grant_method *
find(enum grant grant)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (methods[i].grant == grant)
			return &methods[i];
	return NULL;
}

bool
grant_uses_refresh_token(enum grant grant)
{
	const struct grant_method *method = find(grant);

	return method != NULL && method->uses_refresh_token;
}

/* A code is what a person gave right now; the tokens it brings go on by themselves. */
static grant_build *
build_of(const struct token_ask *ask)
{
	const struct grant_method *method = find(ask->grant);

	if (ask->begins_device)
		return grant_device_begin;
	if (ask->code != NULL)
		return grant_authorization_code;
	if (ask->device_code != NULL)
		return grant_device_code;
	return method == NULL ? NULL : method->build;
}

static void
join_scopes(const struct config_strings *scopes, struct form *joined)
{
	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			form_append(joined, " ");
		form_append(joined, scopes->items[i]);
	}
}

void
grant_add_scope(struct form *form, const char *scope)
{
	if (scope != NULL)
		form_add(form, "scope", scope);
}

/* A parameter given twice makes a request invalid (section 3.2), or worse, ambiguous. */
static bool
is_ours(const char *name)
{
	static const char *const names[] = {"grant_type", "client_id", "client_secret",
	    "client_assertion", "client_assertion_type", "refresh_token", "scope", "assertion",
	    "code", "code_verifier", "device_code", "redirect_uri"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int
add_parameters(const struct token_ask *ask, struct form *form, struct error *error)
{
	for (size_t i = 0; i < ask->parameters->count; i++) {
		const struct config_parameter *parameter = &ask->parameters->items[i];

		if (is_ours(parameter->name))
			return error_set(error, EX_CONFIG,
			    "\"%s\" is no parameter that can be added", parameter->name);
		form_add(form, parameter->name, parameter->value);
	}
	return 0;
}

int
grant_request(const struct token_ask *ask, struct form *form, struct error *error)
{
	grant_build *build = build_of(ask);
	struct form scope = {0};
	int result;

	if (build == NULL)
		return error_set(error, EX_CONFIG, "grant %s asks no authorization server",
		    config_grant_name(ask->grant));
	join_scopes(ask->scopes, &scope);
	result = build(ask, scope.text, form, error);
	if (result == 0)
		result = add_parameters(ask, form, error);
	if (result == 0 && (form->failed || scope.failed))
		result = error_set(error, EX_OSERR, "no memory for a request");
	form_wipe(&scope);
	return result;
}
