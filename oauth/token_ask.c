/* SPDX-License-Identifier: ISC */
#include "oauth/token_ask.h"

void
token_ask_of_profile(struct token_ask *ask, const struct config_profile *profile)
{
	*ask = (struct token_ask){
	    .client = profile->client,
	    .grant = profile->grant,
	    .scopes = &profile->scopes,
	    .parameters = &profile->token_parameters,
	    .username = profile->username,
	    .profile = profile->name,
	};
}

const char *
token_ask_endpoint(const struct token_ask *ask)
{
	if (ask->client->token_endpoint != NULL || ask->metadata == NULL)
		return ask->client->token_endpoint;
	return ask->metadata->token_endpoint;
}

const char *
token_ask_device_endpoint(const struct token_ask *ask)
{
	if (ask->client->device_authorization_endpoint != NULL || ask->metadata == NULL)
		return ask->client->device_authorization_endpoint;
	return ask->metadata->device_authorization_endpoint;
}

const char *
token_ask_authorization_endpoint(const struct token_ask *ask)
{
	if (ask->client->authorization_endpoint != NULL || ask->metadata == NULL)
		return ask->client->authorization_endpoint;
	return ask->metadata->authorization_endpoint;
}

enum client_authentication
token_ask_authentication(const struct token_ask *ask)
{
	const struct config_client *client = ask->client;
	unsigned offered = ask->metadata == NULL ? 0 : ask->metadata->methods;

	if (client->authentication_chosen)
		return client->authentication;
	/* RFC 7523, section 3.1: the grant's own assertion shows already who has the key. */
	if (ask->grant == GRANT_JWT_BEARER && client->authentication == CLIENT_PRIVATE_KEY_JWT &&
	    client->client_assertion.kind == SECRET_NONE)
		return CLIENT_PUBLIC;
	if (client->authentication == CLIENT_SECRET_POST &&
	    (offered & 1U << CLIENT_SECRET_POST) == 0 && (offered & 1U << CLIENT_SECRET_BASIC) != 0)
		return CLIENT_SECRET_BASIC;
	return client->authentication;
}

static void
want_authentication(const struct token_ask *ask, struct gather *gather)
{
	const struct config_client *client = ask->client;

	switch (token_ask_authentication(ask)) {
	case CLIENT_SECRET_POST:
	case CLIENT_SECRET_BASIC:
		gather_want(
		    gather, GATHER_CLIENT_SECRET, &client->client_secret, client->name, false);
		break;
	case CLIENT_PRIVATE_KEY_JWT:
		if (client->client_assertion.kind != SECRET_NONE)
			gather_want(gather, GATHER_CLIENT_ASSERTION, &client->client_assertion,
			    client->name, false);
		else
			gather_want(
			    gather, GATHER_PRIVATE_KEY, &client->private_key, client->name, false);
		break;
	case CLIENT_PUBLIC:
		break;
	}
}

void
token_ask_want(const struct token_ask *ask, struct gather *gather)
{
	const struct config_client *client = ask->client;

	want_authentication(ask, gather);
	if (ask->grant != GRANT_JWT_BEARER)
		return;
	if (client->service_account.kind != SECRET_NONE)
		gather_want(
		    gather, GATHER_SERVICE_ACCOUNT, &client->service_account, client->name, false);
	else
		gather_want(gather, GATHER_PRIVATE_KEY, &client->private_key, client->name, false);
}

void
token_ask_take(struct token_ask *ask, const struct gather *gather)
{
	ask->client_secret = gather_value(gather, GATHER_CLIENT_SECRET);
	ask->client_assertion = gather_value(gather, GATHER_CLIENT_ASSERTION);
	ask->private_key = gather_value(gather, GATHER_PRIVATE_KEY);
	ask->service_account = gather_value(gather, GATHER_SERVICE_ACCOUNT);
}
