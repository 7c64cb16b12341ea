/* SPDX-License-Identifier: ISC */
#include "oauth/jwt.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "config/secret.h"
#include "oauth/base64url.h"

/* The first part: what the signature is about to be. Null without memory. */
static char *
write_header(const struct jwt_header *header)
{
	const char *algorithm = header->algorithm == JWT_PS256 ? "PS256" : "RS256";
	json_t *object = json_pack("{s:s, s:s, s:s*, s:s*}", "alg", algorithm, "typ", "JWT", "kid",
	    header->key_id, "x5t#S256", header->thumbprint);
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);

	json_decref(object);
	return text;
}

static int
set_padding(EVP_PKEY_CTX *context, enum jwt_algorithm algorithm)
{
	if (algorithm == JWT_RS256)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) <= 0)
		return 0;
	return EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST);
}

/* Sign `text`. Returns the octets of the signature, fresh; null where that failed. */
static unsigned char *
sign(enum jwt_algorithm algorithm, EVP_PKEY *key, const char *text, size_t *length)
{
	const unsigned char *octets = (const unsigned char *)text;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char *signature = NULL;
	EVP_PKEY_CTX *context;

	if (digest == NULL || EVP_DigestSignInit(digest, &context, EVP_sha256(), NULL, key) <= 0 ||
	    set_padding(context, algorithm) <= 0 ||
	    EVP_DigestSign(digest, NULL, length, octets, strlen(text)) <= 0)
		goto out;
	signature = malloc(*length);
	if (signature != NULL &&
	    EVP_DigestSign(digest, signature, length, octets, strlen(text)) <= 0) {
		free(signature);
		signature = NULL;
	}
out:
	EVP_MD_CTX_free(digest);
	return signature;
}

/* "HEADER.CLAIMS" with room for "." and a signature of `room` octets; null without memory. */
static char *
join(const char *header, const char *claims, size_t room)
{
	size_t size = BASE64URL_SIZE(strlen(header)) + BASE64URL_SIZE(strlen(claims)) +
		      BASE64URL_SIZE(room) + 2;
	char *text = calloc(1, size);
	size_t length;

	if (text == NULL)
		return NULL;
	base64url_encode(text, header, strlen(header));
	length = strlen(text);
	text[length++] = '.';
	base64url_encode(text + length, claims, strlen(claims));
	return text;
}

char *
jwt_sign(const struct jwt_header *header, const json_t *claims, EVP_PKEY *key, struct error *error)
{
	char *head = write_header(header);
	char *body = json_dumps(claims, JSON_COMPACT);
	unsigned char *signature = NULL;
	char *text = NULL;
	size_t length = 0;
	size_t end;

	if (head != NULL && body != NULL)
		text = join(head, body, (size_t)EVP_PKEY_get_size(key));
	free(head);
	free(body);
	if (text == NULL) {
		error_set(error, EX_OSERR, "no memory for an assertion");
		return NULL;
	}
	signature = sign(header->algorithm, key, text, &length);
	if (signature == NULL) {
		ERR_clear_error();
		secret_free(text);
		error_set(error, EX_CONFIG, "the private key cannot sign with %s",
		    header->algorithm == JWT_PS256 ? "PS256" : "RS256");
		return NULL;
	}
	end = strlen(text);
	text[end++] = '.';
	base64url_encode(text + end, signature, length);
	free(signature);
	return text;
}
