/* SPDX-License-Identifier: ISC */
#include "oauth/identity.h"

#include <stddef.h>

#include <bsd/string.h>

#include "oauth/token_claims.h"

void
identity_find(char identity[IDENTITY_SIZE], const char *id_token, const char *access_token)
{
	const char *tokens[] = {id_token, access_token};
	struct token_claims claims;

	identity[0] = '\0';
	for (size_t i = 0; i < 2 && identity[0] == '\0'; i++)
		if (tokens[i] != NULL && token_claims_read(tokens[i], &claims))
			strlcpy(identity, claims.user, IDENTITY_SIZE);
}
