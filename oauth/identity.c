/* SPDX-License-Identifier: ISC */
#include "oauth/identity.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "oauth/base64url.h"
#include "oauth/secret_json.h"

/* The claims of a JWT in compact form (RFC 7519, section 7.2), or null. */
static json_t *
read_claims(const char *token)
{
	const char *begin = token == NULL ? NULL : strchr(token, '.');
	const char *end = begin == NULL ? NULL : strchr(begin + 1, '.');
	json_t *claims = NULL;
	size_t length;
	size_t size;
	long decoded;
	char *text;

	if (end == NULL || (length = (size_t)(end - begin - 1)) == 0)
		return NULL;
	size = BASE64URL_DECODED_MAX(length);
	text = malloc(size);
	if (text == NULL)
		return NULL;
	decoded = base64url_decode(text, begin + 1, length);
	if (decoded >= 0)
		claims = secret_json_load(text, (size_t)decoded);
	freezero(text, size);
	return claims;
}

/* Copy what looks like a user name. */
static void
take_name(char identity[IDENTITY_SIZE], const json_t *claims)
{
	static const char *const names[] = {
	    "email", "preferred_username", "upn", "unique_name", "username"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = json_string_value(json_object_get(claims, names[i]));

		if (value == NULL || *value == '\0' ||
		    strlcpy(identity, value, IDENTITY_SIZE) >= IDENTITY_SIZE)
			continue;
		for (char *p = identity; *p != '\0'; p++)
			if (*p <= 0x20 || *p > 0x7e)
				*p = '?';
		return;
	}
	identity[0] = '\0';
}

void
identity_find(char identity[IDENTITY_SIZE], const char *id_token, const char *access_token)
{
	const char *tokens[] = {id_token, access_token};

	identity[0] = '\0';
	for (size_t i = 0; i < 2 && identity[0] == '\0'; i++) {
		json_t *claims = read_claims(tokens[i]);

		take_name(identity, claims);
		json_decref(claims);
	}
}
