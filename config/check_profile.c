/* SPDX-License-Identifier: ISC */
#include "config/check_profile.h"

#include "config/load_client.h"

/* Everything the checks look at. */
struct subject {
	const struct load *load;
	const struct yaml_node *name;    /* the profile's key */
	const struct yaml_node *mapping; /* what the file says */
	const struct provider *provider; /* or null */
	const struct config_profile *profile;
};

/* Where the file has the key, else the profile's name. */
static const struct yaml_node *
position(const struct subject *subject, const char *key)
{
	const struct yaml_node *value = yaml_tree_find(subject->mapping, key);

	return value != NULL ? value : subject->name;
}

static enum provider_login
login_of(const struct subject *subject)
{
	return subject->provider != NULL ? subject->provider->login : PROVIDER_LOGIN_OPTIONAL;
}

static int
check_connection(const struct subject *subject)
{
	const struct config_profile *profile = subject->profile;

	if (profile->host == NULL)
		return load_missing(subject->load, subject->name, "host",
		    "a profile needs it, or a provider that sets it");
	if (profile->tls == TLS_NONE && !syntax_is_loopback(profile->host))
		return schema_error(&subject->load->context, position(subject, "tls"),
		    "\"tls\" may be none only where \"host\" is a loopback address such as "
		    "127.0.0.1 or ::1");
	return 0;
}

/* Keys that mean something only with another one. */
static int
check_combinations(const struct subject *subject)
{
	const struct schema_context *context = &subject->load->context;
	const struct config_profile *profile = subject->profile;
	bool token =
	    profile->mechanism == MECHANISM_XOAUTH2 || profile->mechanism == MECHANISM_OAUTHBEARER;

	if (profile->grant != GRANT_NONE && profile->password.kind != SECRET_NONE)
		return schema_error(context, position(subject, "password"),
		    "\"password\" and \"grant\" exclude each other");
	if (profile->refresh_token.kind != SECRET_NONE && profile->grant != GRANT_REFRESH_TOKEN)
		return schema_error(context, position(subject, "refresh_token"),
		    "\"refresh_token\" is only for grant refresh_token");
	if (profile->token_command != NULL && profile->grant != GRANT_COMMAND)
		return schema_error(context, position(subject, "token_command"),
		    "\"token_command\" is only for grant command");
	if (profile->mechanism == MECHANISM_BEST)
		return 0;
	if (profile->grant == GRANT_NONE && token)
		return schema_error(context, position(subject, "mechanism"),
		    "\"mechanism\" %s needs a grant", config_mechanism_name(profile->mechanism));
	if (profile->grant != GRANT_NONE && !token)
		return schema_error(context, position(subject, "mechanism"),
		    "\"mechanism\" %s is for passwords, not for tokens",
		    config_mechanism_name(profile->mechanism));
	return 0;
}

/* Who logs in, and with what. */
static int
check_login(const struct subject *subject)
{
	const struct config_profile *profile = subject->profile;
	const struct load *load = subject->load;
	bool login = profile->grant != GRANT_NONE || profile->password.kind != SECRET_NONE;
	const char *provider = subject->provider != NULL ? subject->provider->name : "";

	if (login_of(subject) == PROVIDER_LOGIN_NONE) {
		if (!login && profile->username == NULL)
			return 0;
		return schema_error(&load->context,
		    position(subject, profile->grant != GRANT_NONE ? "grant" : "username"),
		    "provider %s takes no login", provider);
	}
	if (!login && profile->client != NULL)
		return load_missing(
		    load, subject->name, "grant", "a profile with oauth_client needs it");
	if (!login && profile->username != NULL)
		return load_missing(load, subject->name, "password",
		    "a profile with username needs it, or oauth_client and grant");
	if (!login && login_of(subject) == PROVIDER_LOGIN_REQUIRED)
		return load_missing(load, subject->name, "oauth_client",
		    "provider %s takes mail only after a login", provider);
	if (login && profile->username == NULL)
		return load_missing(
		    load, subject->name, "username", "a profile that logs in needs it");
	return 0;
}

static int
client_lacks(const struct subject *subject, const char *key, const char *alternatives)
{
	const struct config_profile *profile = subject->profile;

	return load_missing(subject->load, load_client_position(subject->load, profile->client),
	    key, "grant %s of profile %s needs it%s", config_grant_name(profile->grant),
	    profile->name, alternatives);
}

/* A key of the client that its issuer may name, too. */
static bool
found_out(const struct config_client *client)
{
	return client->token_endpoint == NULL;
}

/* What every request to an authorization server needs. */
static int
check_client(const struct subject *subject)
{
	const struct config_client *client = subject->profile->client;

	/* A client of a provider without login lends its tenant only. */
	if (client->token_endpoint == NULL && client->issuer == NULL)
		return client_lacks(subject, "token_endpoint", ", or issuer");
	if (client->client_id == NULL && subject->profile->grant != GRANT_JWT_BEARER)
		return client_lacks(subject, "client_id", "");
	return 0;
}

static int
check_client_credentials(const struct subject *subject)
{
	const struct config_client *client = subject->profile->client;

	/* RFC 6749 section 4.4; who writes "none" knows better. */
	if (client->authentication == CLIENT_PUBLIC &&
	    !load_client_has(subject->load, client, "client_authentication"))
		return client_lacks(
		    subject, "client_secret", ", or private_key, or client_assertion");
	return 0;
}

static int
check_grant(const struct subject *subject)
{
	const struct config_profile *profile = subject->profile;
	const struct config_client *client = profile->client;
	const struct load *load = subject->load;

	if (profile->grant == GRANT_COMMAND) {
		if (profile->token_command == NULL)
			return load_missing(
			    load, subject->name, "token_command", "grant command needs it");
		return 0;
	}
	if (profile->grant != GRANT_NONE && client == NULL)
		return load_missing(load, subject->name, "oauth_client", "grant %s needs it",
		    config_grant_name(profile->grant));
	if (profile->grant != GRANT_NONE && check_client(subject) < 0)
		return -1;
	switch (profile->grant) {
	case GRANT_CLIENT_CREDENTIALS:
		return check_client_credentials(subject);
	case GRANT_AUTHORIZATION_CODE:
		if (client->authorization_endpoint == NULL && !found_out(client))
			return client_lacks(subject, "authorization_endpoint", "");
		break;
	case GRANT_DEVICE_CODE:
		if (client->device_authorization_endpoint == NULL && !found_out(client))
			return client_lacks(subject, "device_authorization_endpoint", "");
		break;
	case GRANT_JWT_BEARER:
		if (client->service_account.kind == SECRET_NONE &&
		    client->private_key.kind == SECRET_NONE)
			return client_lacks(subject, "service_account", ", or private_key");
		break;
	case GRANT_REFRESH_TOKEN:
		if (profile->refresh_token.kind == SECRET_NONE)
			return load_missing(
			    load, subject->name, "refresh_token", "grant refresh_token needs it");
		break;
	case GRANT_NONE:
	case GRANT_COMMAND:
		break;
	}
	return 0;
}

static int
check_identity(const struct subject *subject)
{
	const struct config_profile *profile = subject->profile;

	if (profile->from != NULL)
		return 0;
	if (profile->rewrite_from == REWRITE_ALWAYS)
		return load_missing(subject->load, subject->name, "from",
		    "rewrite_from always needs it where username is no address");
	if (profile->null_sender_rewrite)
		return load_missing(subject->load, subject->name, "from",
		    "null_sender rewrite needs it where username is no address");
	return 0;
}

int
check_profile(const struct load *load, const struct yaml_node *name,
    const struct yaml_node *mapping, const struct provider *provider,
    const struct config_profile *profile)
{
	const struct subject subject = {load, name, mapping, provider, profile};

	if (check_connection(&subject) < 0 || check_combinations(&subject) < 0 ||
	    check_login(&subject) < 0 || check_grant(&subject) < 0)
		return -1;
	return check_identity(&subject);
}
