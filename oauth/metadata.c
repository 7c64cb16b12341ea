/* SPDX-License-Identifier: ISC */
#include "oauth/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <jansson.h>

#include "oauth/http.h"

char *
metadata_url(const char *issuer, enum metadata_place place)
{
	const char *host = strstr(issuer, "://");
	int before;
	int after;
	char *url;

	host = host == NULL ? issuer : host + 3;
	before = (int)(host - issuer) + (int)strcspn(host, "/");
	after = (int)strlen(issuer + before);
	/* RFC 8414, section 3.1: a terminating "/" goes. */
	if (after > 0 && issuer[before + after - 1] == '/')
		after--;
	if (place == METADATA_OPENID)
		return asprintf(&url, "%.*s%.*s/.well-known/openid-configuration", before, issuer,
			   after, issuer + before) < 0
			   ? NULL
			   : url;
	return asprintf(&url, "%.*s/.well-known/oauth-authorization-server%.*s", before, issuer,
		   after, issuer + before) < 0
		   ? NULL
		   : url;
}

static int
check_issuer(const json_t *document, const char *issuer, struct error *error)
{
	const char *named = json_string_value(json_object_get(document, "issuer"));

	if (named == NULL)
		return error_set(error, EX_DATAERR, "it is no metadata of a server");
	if (strcmp(named, issuer) != 0)
		return error_set(error, EX_CONFIG,
		    "it is that of issuer \"%.200s\", which is not the configured one", named);
	return 0;
}

/* Copy an endpoint, where it is there. */
static int
take_endpoint(const json_t *document, const char *name, const char *issuer, char **endpoint,
    struct error *error)
{
	const char *url = json_string_value(json_object_get(document, name));
	bool encrypted = strncasecmp(issuer, "https:", 6) == 0;

	if (url == NULL)
		return 0;
	if (!http_url_allowed(url) || (encrypted && strncasecmp(url, "https:", 6) != 0))
		return error_set(error, EX_CONFIG,
		    "its %s \"%.200s\" cannot be asked: it must be an https URL", name, url);
	*endpoint = strdup(url);
	return *endpoint != NULL ? 0 : error_set(error, EX_OSERR, "no memory for metadata");
}

static unsigned
read_methods(const json_t *document)
{
	static const struct {
		const char *name;
		enum client_authentication method;
	} names[] = {
	    {"client_secret_post", CLIENT_SECRET_POST},
	    {"client_secret_basic", CLIENT_SECRET_BASIC},
	    {"private_key_jwt", CLIENT_PRIVATE_KEY_JWT},
	    {"none", CLIENT_PUBLIC},
	};
	const json_t *list = json_object_get(document, "token_endpoint_auth_methods_supported");
	unsigned methods = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		for (size_t j = 0; name != NULL && j < sizeof(names) / sizeof(names[0]); j++)
			if (strcmp(names[j].name, name) == 0)
				methods |= 1U << names[j].method;
	}
	return methods;
}

static int
take(struct metadata *metadata, const json_t *document, const char *issuer, struct error *error)
{
	if (check_issuer(document, issuer, error) < 0 ||
	    take_endpoint(document, "token_endpoint", issuer, &metadata->token_endpoint, error) <
		0 ||
	    take_endpoint(document, "authorization_endpoint", issuer,
		&metadata->authorization_endpoint, error) < 0 ||
	    take_endpoint(document, "device_authorization_endpoint", issuer,
		&metadata->device_authorization_endpoint, error) < 0 ||
	    take_endpoint(
		document, "revocation_endpoint", issuer, &metadata->revocation_endpoint, error) < 0)
		return -1;
	if (metadata->token_endpoint == NULL)
		return error_set(error, EX_CONFIG, "it names no token_endpoint");
	metadata->iss_parameter = json_is_true(
	    json_object_get(document, "authorization_response_iss_parameter_supported"));
	metadata->methods = read_methods(document);
	return 0;
}

int
metadata_parse(struct metadata *metadata, const char *issuer, const char *body, size_t length,
    struct error *error)
{
	json_t *document = json_loadb(body, length, 0, NULL);
	int result;

	*metadata = (struct metadata){0};
	result = take(metadata, document, issuer, error);
	json_decref(document);
	if (result < 0)
		metadata_free(metadata);
	return result;
}

void
metadata_free(struct metadata *metadata)
{
	free(metadata->token_endpoint);
	free(metadata->authorization_endpoint);
	free(metadata->device_authorization_endpoint);
	free(metadata->revocation_endpoint);
	*metadata = (struct metadata){0};
}
