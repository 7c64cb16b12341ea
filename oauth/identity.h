/* Whose tokens these are, as far as they say so themselves. */
#ifndef POSTOAK_OAUTH_IDENTITY_H
#define POSTOAK_OAUTH_IDENTITY_H

#include <stddef.h>

#define IDENTITY_SIZE 256

/*
 * The user name in an ID token (OpenID Connect Core, section 2), or else in an access token
 * that is a JWT; null: there is no such token. Signatures are not checked: both came straight from
 * the token endpoint, and the result is only shown. "" where nothing is said.
 */
void identity_find(char identity[IDENTITY_SIZE], const char *id_token, const char *access_token);

#endif
