/* SPDX-License-Identifier: ISC */
#include "oauth/token_claims.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <jansson.h>

#include "config/secret.h"
#include "oauth/base64url.h"

/* Nobody's claims are longer. */
#define PART_MAX 65536

/* The JSON object that `length` characters of base64url stand for, or null. */
static json_t *
decode(const char *text, size_t length)
{
	unsigned char *octets = length == 0 || length > PART_MAX ? NULL : malloc(length);
	json_t *object = NULL;
	ssize_t count;

	if (octets == NULL)
		return NULL;
	count = base64url_decode(octets, text, length);
	if (count > 0)
		object = json_loadb((const char *)octets, (size_t)count, 0, NULL);
	explicit_bzero(octets, length);
	free(octets);
	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

static void
append(char *out, size_t size, const char *text)
{
	size_t used = strlen(out);

	if (used > 0 && used + 1 < size)
		out[used++] = ' ';
	for (; *text != '\0' && used + 1 < size; text++)
		out[used++] = *text > ' ' && *text <= '~' ? *text : *text == ' ' ? ' ' : '?';
	out[used] = '\0';
}

/* The claim's text, or an array's, one after the other; the first `most`. */
static void
take(char *out, size_t size, const json_t *value, size_t most)
{
	out[0] = '\0';
	if (json_is_string(value))
		append(out, size, json_string_value(value));
	for (size_t i = 0; i < json_array_size(value) && i < most; i++)
		if (json_is_string(json_array_get(value, i)))
			append(out, size, json_string_value(json_array_get(value, i)));
}

/* The first of `names` (null at the end) that says something. */
static void
take_first(char *out, size_t size, const json_t *payload, const char *const *names)
{
	out[0] = '\0';
	for (; *names != NULL && out[0] == '\0'; names++)
		take(out, size, json_object_get(payload, *names), 1);
}

static void
read_payload(const json_t *payload, struct token_claims *claims)
{
	static const char *const applications[] = {"appid", "azp", "client_id", NULL};
	static const char *const users[] = {
	    "upn", "preferred_username", "unique_name", "email", NULL};
	const json_t *scopes = json_object_get(payload, "scp");
	const char *kind = json_string_value(json_object_get(payload, "idtyp"));

	if (scopes == NULL)
		scopes = json_object_get(payload, "scope");
	take(claims->audience, sizeof(claims->audience), json_object_get(payload, "aud"), 1);
	take(claims->scopes, sizeof(claims->scopes), scopes, SIZE_MAX);
	take(claims->roles, sizeof(claims->roles), json_object_get(payload, "roles"), SIZE_MAX);
	take(claims->tenant, sizeof(claims->tenant), json_object_get(payload, "tid"), 1);
	take(claims->object, sizeof(claims->object), json_object_get(payload, "oid"), 1);
	take_first(claims->application, sizeof(claims->application), payload, applications);
	take_first(claims->user, sizeof(claims->user), payload, users);
	claims->expires = json_integer_value(json_object_get(payload, "exp"));
	claims->application_only = kind != NULL
				       ? strcmp(kind, "app") == 0
				       : claims->scopes[0] == '\0' && claims->user[0] == '\0';
}

bool
token_claims_read(const char *token, struct token_claims *claims)
{
	size_t header_length = strcspn(token, ".");
	const char *body = token + header_length + (token[header_length] == '.' ? 1 : 0);
	size_t length = strcspn(body, ".");
	json_t *header, *payload = NULL;

	*claims = (struct token_claims){0};
	if (body[length] != '.')
		return false;
	header = decode(token, header_length);
	if (header != NULL && json_is_string(json_object_get(header, "alg")))
		payload = decode(body, length);
	json_decref(header);
	if (payload == NULL)
		return false;
	read_payload(payload, claims);
	json_decref(payload);
	return true;
}

bool
token_claims_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0') {
		size_t end = strcspn(list, " ");

		if (end == length && strncasecmp(list, word, length) == 0)
			return true;
		list += end;
		list += strspn(list, " ");
	}
	return false;
}
