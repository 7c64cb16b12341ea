/* SPDX-License-Identifier: ISC */
#include "oauth/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "config/secret.h"

#define MARK "$e1$"
#define NONCE_SIZE 12
#define NONCE_TEXT 16 /* base64 */
#define TAG_SIZE 16
#define SEALED_MAX (SECRET_MAX + TAG_SIZE)
#define BASE64_SIZE(octets) (((octets) + 2) / 3 * 4)
#define ASSOCIATED_MAX 512

/* Names of the sub-keys and, without the prefix, of the stores in the associated data. */
static const char *const store_info[SEAL_STORES] = {
    [SEAL_SECRETS] = "postoak v1 secrets",
    [SEAL_TOKENS] = "postoak v1 tokens",
};
static const char *const store_name[SEAL_STORES] = {
    [SEAL_SECRETS] = "secrets",
    [SEAL_TOKENS] = "tokens",
};

static int
derive(
    const unsigned char *master, size_t length, const char *info, unsigned char *key, size_t size)
{
	char digest[] = "SHA256";
	char info_copy[64];
	OSSL_PARAM parameters[4];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	int result = -1;

	strlcpy(info_copy, info, sizeof(info_copy));
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	/* The parameter is read only, but its type has no const. */
	parameters[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master, length);
	parameters[2] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy, strlen(info_copy));
	parameters[3] = OSSL_PARAM_construct_end();
	if (context != NULL && EVP_KDF_derive(context, key, size, parameters) == 1)
		result = 0;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return result;
}

static void
to_hex(const unsigned char *octets, size_t count, char *text)
{
	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

int
seal_keys_derive(
    struct seal_keys *keys, const unsigned char *master, size_t length, struct error *error)
{
	unsigned char id[(SEAL_ID_SIZE - 1) / 2];

	for (size_t i = 0; i < SEAL_STORES; i++)
		if (derive(master, length, store_info[i], keys->store[i], SEAL_KEY_SIZE) < 0)
			goto failed;
	if (derive(master, length, "postoak v1 key id", id, sizeof(id)) < 0)
		goto failed;
	to_hex(id, sizeof(id), keys->id);
	keys->older = NULL;
	return 0;
failed:
	explicit_bzero(keys, sizeof(*keys));
	return error_set(error, EX_SOFTWARE, "OpenSSL cannot derive the keys of the store");
}

/* Returns the length of the associated data, or -1 where it does not fit. */
static int
associated_data(const struct seal_keys *keys, const struct seal_place *place, char *text)
{
	int length = snprintf(text, ASSOCIATED_MAX, "e1|%s|%s|%s|%s|%llu", keys->id,
	    store_name[place->store], place->name, place->field,
	    (unsigned long long)place->generation);

	return length < 0 || length >= ASSOCIATED_MAX ? -1 : length;
}

static int
encrypt(const struct seal_keys *keys, const struct seal_place *place, const char *secret,
    const unsigned char *nonce, unsigned char *sealed)
{
	char aad[ASSOCIATED_MAX];
	int aad_length = associated_data(keys, place, aad);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int length = (int)strlen(secret);
	int done = 0;
	int result = -1;

	if (aad_length >= 0 && context != NULL &&
	    EVP_EncryptInit_ex(
		context, EVP_aes_256_gcm(), NULL, keys->store[place->store], nonce) == 1 &&
	    EVP_EncryptUpdate(context, NULL, &done, (const unsigned char *)aad, aad_length) == 1 &&
	    EVP_EncryptUpdate(context, sealed, &done, (const unsigned char *)secret, length) == 1 &&
	    done == length && EVP_EncryptFinal_ex(context, sealed + done, &done) == 1 &&
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, sealed + length) == 1)
		result = 0;
	EVP_CIPHER_CTX_free(context);
	return result;
}

char *
seal_close(const struct seal_keys *keys, const struct seal_place *place, const char *secret,
    struct error *error)
{
	unsigned char nonce[NONCE_SIZE];
	size_t length = strlen(secret);
	size_t sealed_length = length + TAG_SIZE;
	size_t line_size =
	    sizeof(MARK) + SEAL_ID_SIZE + NONCE_TEXT + 1 + BASE64_SIZE(sealed_length);
	unsigned char *sealed;
	char *line = NULL;
	char *end;

	if (length > SECRET_MAX) {
		error_set(error, EX_DATAERR, "a secret of more than %d octets", SECRET_MAX);
		return NULL;
	}
	sealed = malloc(sealed_length);
	if (sealed == NULL || RAND_bytes(nonce, sizeof(nonce)) != 1 ||
	    encrypt(keys, place, secret, nonce, sealed) < 0 || (line = malloc(line_size)) == NULL) {
		error_set(error, EX_SOFTWARE, "OpenSSL cannot seal %s", place->name);
		free(sealed);
		return NULL;
	}
	end = line + snprintf(line, line_size, MARK "%s$", keys->id);
	end += EVP_EncodeBlock((unsigned char *)end, nonce, sizeof(nonce));
	*end++ = '$';
	EVP_EncodeBlock((unsigned char *)end, sealed, (int)sealed_length);
	free(sealed);
	return line;
}

/* Decode `length` characters of base64; returns octets written to `out`, or -1. */
static int
decode(const char *text, size_t length, unsigned char *out)
{
	int octets;

	if (length == 0 || length % 4 != 0 || length > BASE64_SIZE(SEALED_MAX))
		return -1;
	octets = EVP_DecodeBlock(out, (const unsigned char *)text, (int)length);
	/* EVP_DecodeBlock counts the padding as octets. */
	for (size_t i = length; octets > 0 && i > length - 2 && text[i - 1] == '='; i--)
		octets--;
	return octets;
}

static int
decrypt(const struct seal_keys *keys, const struct seal_place *place, const unsigned char *nonce,
    unsigned char *sealed, int length, unsigned char *secret)
{
	char aad[ASSOCIATED_MAX];
	int aad_length = associated_data(keys, place, aad);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done = 0;
	int rest = 0;
	int result = -1;

	if (aad_length >= 0 && context != NULL &&
	    EVP_DecryptInit_ex(
		context, EVP_aes_256_gcm(), NULL, keys->store[place->store], nonce) == 1 &&
	    EVP_DecryptUpdate(context, NULL, &done, (const unsigned char *)aad, aad_length) == 1 &&
	    EVP_DecryptUpdate(context, secret, &done, sealed, length) == 1 &&
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, sealed + length) == 1 &&
	    EVP_DecryptFinal_ex(context, secret + done, &rest) == 1)
		result = 0;
	EVP_CIPHER_CTX_free(context);
	return result;
}

/* Decode nonce and ciphertext out of the end of a line and decrypt. */
static int
open_parts(const struct seal_keys *keys, const struct seal_place *place, const char *nonce_text,
    const char *sealed_text, char **secret)
{
	unsigned char nonce[NONCE_SIZE];
	size_t text_length = strlen(sealed_text);
	unsigned char *sealed = malloc(text_length + 1);
	unsigned char *plain = NULL;
	size_t plain_size = 0;
	int length;
	int result = -1;

	if (sealed == NULL || decode(nonce_text, NONCE_TEXT, nonce) != NONCE_SIZE)
		goto out;
	length = decode(sealed_text, text_length, sealed);
	if (length < TAG_SIZE)
		goto out;
	plain_size = (size_t)length - TAG_SIZE + 1;
	plain = calloc(1, plain_size);
	if (plain == NULL || decrypt(keys, place, nonce, sealed, length - TAG_SIZE, plain) < 0)
		goto out;
	*secret = (char *)plain;
	plain = NULL;
	result = 0;
out:
	freezero(plain, plain_size);
	free(sealed);
	return result;
}

bool
seal_is_line(const char *text)
{
	return strncmp(text, MARK, strlen(MARK)) == 0;
}

bool
seal_is_current(const struct seal_keys *keys, const char *line)
{
	return seal_is_line(line) && strncmp(line + strlen(MARK), keys->id, SEAL_ID_SIZE - 1) == 0;
}

/* The keys that sealed the line; null and `error`. */
static const struct seal_keys *
find_keys(const struct seal_keys *keys, const struct seal_place *place, const char *line,
    struct error *error)
{
	const char *id = line + strlen(MARK);

	for (const struct seal_keys *k = keys; k != NULL; k = k->older)
		if (seal_is_current(k, line))
			return k;
	error_set(error, EX_CONFIG,
	    "%s/%s was sealed with another master key (%.16s, not %s): restore that key, or delete "
	    "(postoak secret delete, postoak oauth revoke) what it sealed",
	    store_name[place->store], place->name, id, keys->id);
	return NULL;
}

/* Where the nonce of a line begins; null and `error` for what is no such line. */
static const char *
find_nonce(const struct seal_place *place, const char *line, struct error *error)
{
	size_t head = strlen(MARK) + SEAL_ID_SIZE - 1;

	if (seal_is_line(line) && strlen(line) > head + 1 + NONCE_TEXT && line[head] == '$' &&
	    line[head + 1 + NONCE_TEXT] == '$')
		return line + head + 1;
	error_set(error, EX_DATAERR, "%s of %s/%s is not sealed as it should be", place->field,
	    store_name[place->store], place->name);
	return NULL;
}

int
seal_check(const struct seal_keys *keys, const struct seal_place *place, const char *line,
    struct error *error)
{
	if (find_nonce(place, line, error) == NULL || find_keys(keys, place, line, error) == NULL)
		return -1;
	return 0;
}

int
seal_open(const struct seal_keys *keys, const struct seal_place *place, const char *line,
    char **secret, struct error *error)
{
	const char *nonce = find_nonce(place, line, error);

	if (nonce == NULL || (keys = find_keys(keys, place, line, error)) == NULL)
		return -1;
	if (open_parts(keys, place, nonce, nonce + NONCE_TEXT + 1, secret) < 0)
		return error_set(error, EX_DATAERR,
		    "%s of %s/%s does not open: altered, or copied from elsewhere", place->field,
		    store_name[place->store], place->name);
	return 0;
}

int
seal_digest(const char *secret, char digest[SEAL_DIGEST_SIZE], struct error *error)
{
	unsigned char octets[EVP_MAX_MD_SIZE];

	if (EVP_Digest(secret, strlen(secret), octets, NULL, EVP_sha256(), NULL) != 1)
		return error_set(error, EX_SOFTWARE, "OpenSSL cannot compute a digest");
	to_hex(octets, (SEAL_DIGEST_SIZE - 1) / 2, digest);
	return 0;
}
