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

static void
add_scope(const struct config_strings *scopes, struct form *form)
{
	struct form joined = {0};

	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			form_append(&joined, " ");
		form_append(&joined, scopes->items[i]);
	}
	if (joined.failed)
		form->failed = true;
	else if (joined.length > 0)
		form_add(form, "scope", joined.text);
	form_wipe(&joined);
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

int
grant_request(const struct grant_input *input, struct form *form, struct error *error)
{
	const struct config_profile *profile = input->profile;
	const struct grant_method *method = find(profile->grant);

	if (method == NULL)
		return error_set(error, EX_CONFIG, "grant %s is not supported by this version",
		    config_grant_name(profile->grant));
	if (method->build(input, form, error) < 0)
		return -1;
	add_scope(&profile->scopes, form);
	for (size_t i = 0; i < profile->token_parameters.count; i++) {
		const struct config_parameter *parameter = &profile->token_parameters.items[i];

		if (is_ours(parameter->name))
			return error_set(error, EX_CONFIG,
			    "profile %s: token_parameters cannot set \"%s\"", profile->name,
			    parameter->name);
		form_add(form, parameter->name, parameter->value);
	}
	if (form->failed)
		return error_set(error, EX_OSERR, "no memory for a request");
	return 0;
}
