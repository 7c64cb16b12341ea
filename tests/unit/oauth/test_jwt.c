/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>
#include <cmocka.h>
#include <jansson.h>

#include "config/secret.h"
#include "oauth/assertion.h"
#include "oauth/base64url.h"
#include "oauth/certificate.h"
#include "oauth/jwt.h"
#include "oauth/private_key.h"
#include "tests/unit/oauth/directory.h"
#include "tests/unit/oauth/keys.h"

static EVP_PKEY *key;

static int
make_key(void **state)
{
	key = EVP_RSA_gen(2048);
	return key == NULL ? -1 : make_directory(state);
}

static int
remove_key(void **state)
{
	EVP_PKEY_free(key);
	return remove_directory(state);
}

/* Octets of `length` characters of base64url; fresh, terminated. */
static unsigned char *
decode(const char *text, size_t length, size_t *octets)
{
	size_t padded = (length + 3) / 4 * 4;
	char *plain = calloc(1, padded + 1);
	unsigned char *out = calloc(1, padded + 1);

	memcpy(plain, text, length);
	memset(plain + length, '=', padded - length);
	for (char *p = plain; *p != '\0'; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
	assert_int_equal(EVP_DecodeBlock(out, (unsigned char *)plain, (int)padded), padded / 4 * 3);
	*octets = length * 3 / 4;
	out[*octets] = '\0';
	free(plain);
	return out;
}

static json_t *
decode_part(const char *text, size_t length)
{
	size_t octets;
	unsigned char *decoded = decode(text, length, &octets);
	json_t *object = json_loadb((char *)decoded, octets, 0, NULL);

	free(decoded);
	assert_non_null(object);
	return object;
}

/* Check the signature with the key's public half; the parts are the caller's. */
static void
verify(const char *text, bool pss, json_t **header, json_t **claims)
{
	const char *first = strchr(text, '.');
	const char *second = strchr(first + 1, '.');
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	EVP_PKEY_CTX *context;
	unsigned char *signature;
	size_t length;

	assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_."),
	    strlen(text));
	signature = decode(second + 1, strlen(second + 1), &length);
	assert_int_equal(EVP_DigestVerifyInit(digest, &context, EVP_sha256(), NULL, key), 1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32), 1);
	}
	assert_int_equal(EVP_DigestVerify(digest, signature, length, (const unsigned char *)text,
			     (size_t)(second - text)),
	    1);
	free(signature);
	EVP_MD_CTX_free(digest);
	*header = decode_part(text, (size_t)(first - text));
	*claims = decode_part(first + 1, (size_t)(second - first - 1));
}

static const char *
member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* RFC 4648, section 10, and the two characters that differ. */
static void
base64url(void **state)
{
	static const struct {
		const char *octets;
		const char *text;
	} cases[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"},
	    {"\xfb\xff\xbf", "-_-_"}};
	char text[BASE64URL_SIZE(8)];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		base64url_encode(text, cases[i].octets, strlen(cases[i].octets));
		assert_string_equal(text, cases[i].text);
	}
}

static void
signatures_verify(void **state)
{
	static const struct jwt_header headers[] = {
	    {.algorithm = JWT_RS256},
	    {.algorithm = JWT_RS256, .key_id = "key \"1\""},
	    {.algorithm = JWT_PS256, .thumbprint = "abc_-"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *claims = json_pack("{s:s, s:i}", "iss", "a/b\xc3\xa4", "exp", 1);
		json_t *header;
		json_t *seen;
		struct error error;
		char *text = jwt_sign(&headers[i], claims, key, &error);

		assert_non_null(text);
		verify(text, headers[i].algorithm == JWT_PS256, &header, &seen);
		assert_true(json_equal(claims, seen));
		assert_string_equal(
		    member(header, "alg"), headers[i].algorithm == JWT_PS256 ? "PS256" : "RS256");
		assert_string_equal(member(header, "typ"), "JWT");
		assert_int_equal(json_object_size(header), i == 0 ? 2 : 3);
		if (headers[i].key_id != NULL)
			assert_string_equal(member(header, "kid"), headers[i].key_id);
		if (headers[i].thumbprint != NULL)
			assert_string_equal(member(header, "x5t#S256"), headers[i].thumbprint);
		json_decref(header);
		json_decref(seen);
		json_decref(claims);
		secret_free(text);
	}
}

static void
a_key_for_pss_does_nothing_else(void **state)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pss = NULL;
	json_t *claims = json_object();
	struct error error;
	char *text;

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_keygen(context, &pss), 1);
	EVP_PKEY_CTX_free(context);
	assert_null(jwt_sign(&(struct jwt_header){.algorithm = JWT_RS256}, claims, pss, &error));
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "cannot sign with RS256"));
	text = jwt_sign(&(struct jwt_header){.algorithm = JWT_PS256}, claims, pss, &error);
	assert_non_null(text);
	secret_free(text);
	json_decref(claims);
	EVP_PKEY_free(pss);
}

static void
assertions_live_five_minutes_and_differ(void **state)
{
	const struct assertion assertion = {
	    .issuer = "me", .subject = "you", .audience = "https://e/token"};
	const struct jwt_header header = {.algorithm = JWT_RS256};
	char identifiers[2][64];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct error error;
		char *text = assertion_sign(&assertion, &header, key, 1000000, &error);
		json_t *claims;
		json_t *head;

		assert_non_null(text);
		verify(text, false, &head, &claims);
		assert_string_equal(member(claims, "iss"), "me");
		assert_string_equal(member(claims, "sub"), "you");
		assert_string_equal(member(claims, "aud"), "https://e/token");
		assert_null(member(claims, "scope"));
		assert_int_equal(json_integer_value(json_object_get(claims, "iat")), 999970);
		assert_int_equal(json_integer_value(json_object_get(claims, "nbf")), 999970);
		assert_int_equal(json_integer_value(json_object_get(claims, "exp")), 1000270);
		strlcpy(identifiers[i], member(claims, "jti"), sizeof(identifiers[i]));
		assert_int_equal(strlen(identifiers[i]), 22); /* 128 bits */
		json_decref(claims);
		json_decref(head);
		secret_free(text);
	}
	assert_string_not_equal(identifiers[0], identifiers[1]);
}

static void
expect_refused(const char *pem, const char *why)
{
	struct error error;

	assert_null(private_key_read(pem, &error));
	assert_int_equal(error.status, EX_CONFIG);
	if (strstr(error.text, why) == NULL)
		fail_msg("%s\nexpected: %s", error.text, why);
}

static void
keys_are_read_and_the_wrong_ones_refused(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(1024);
	EVP_PKEY *curve = EVP_EC_gen("P-256");
	char *good = key_text(key, NULL);
	char *encrypted = key_text(key, "hunter2");
	char *weak_text = key_text(weak, NULL);
	char *curve_text = key_text(curve, NULL);
	struct error error;
	EVP_PKEY *read;
	char *after;

	(void)state;
	read = private_key_read(good, &error);
	assert_non_null(read);
	assert_int_equal(EVP_PKEY_eq(read, key), 1);
	EVP_PKEY_free(read);
	/* What stands before it is passed over. */
	assert_true(asprintf(&after, "comment\n%s", good) > 0);
	read = private_key_read(after, &error);
	assert_non_null(read);
	EVP_PKEY_free(read);
	expect_refused(encrypted, "encrypted with a passphrase");
	expect_refused(weak_text, "1024 bits is too weak");
	expect_refused(curve_text, "not an RSA key");
	good[strlen(good) / 2] = '!';
	expect_refused(good, "no private key");
	expect_refused("", "no private key");
	expect_refused("-----BEGIN PRIVATE KEY-----\n", "no private key");
	free(good);
	free(after);
	free(encrypted);
	free(weak_text);
	free(curve_text);
	EVP_PKEY_free(weak);
	EVP_PKEY_free(curve);
}

static void
write_file(const char *name, char *text)
{
	FILE *stream = fopen(name, "w");

	assert_non_null(stream);
	assert_true(fputs(text, stream) >= 0);
	assert_int_equal(fclose(stream), 0);
	free(text);
}

static void
certificates_are_named_by_their_thumbprint(void **state)
{
	static char client_name[] = "contoso";
	char file[64];
	struct config_client client = {.name = client_name, .certificate = file};
	EVP_PKEY *other = EVP_RSA_gen(2048);
	X509 *certificate = make_certificate(key);
	BIO *bio = BIO_new(BIO_s_mem());
	char thumbprint[CERTIFICATE_THUMBPRINT_SIZE];
	unsigned char expected[32];
	unsigned char *seen;
	struct error error;
	size_t length;

	(void)state;
	snprintf(file, sizeof(file), "%s/certificate.pem", top);
	assert_int_equal(certificate_thumbprint(&client, key, thumbprint, &error), -1);
	assert_non_null(strstr(error.text, "certificate of contoso"));
	PEM_write_bio_X509(bio, certificate);
	write_file(file, bio_text(bio));
	assert_int_equal(certificate_thumbprint(&client, key, thumbprint, &error), 0);
	X509_digest(certificate, EVP_sha256(), expected, NULL);
	seen = decode(thumbprint, strlen(thumbprint), &length);
	assert_int_equal(length, 32);
	assert_memory_equal(seen, expected, 32);
	free(seen);
	assert_int_equal(certificate_thumbprint(&client, other, thumbprint, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "not that of the private key"));
	write_file(file, key_text(key, NULL));
	assert_int_equal(certificate_thumbprint(&client, key, thumbprint, &error), -1);
	assert_non_null(strstr(error.text, "no certificate in"));
	X509_free(certificate);
	EVP_PKEY_free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(base64url),
	    cmocka_unit_test(signatures_verify),
	    cmocka_unit_test(a_key_for_pss_does_nothing_else),
	    cmocka_unit_test(assertions_live_five_minutes_and_differ),
	    cmocka_unit_test(keys_are_read_and_the_wrong_ones_refused),
	    cmocka_unit_test(certificates_are_named_by_their_thumbprint),
	};

	return cmocka_run_group_tests(tests, make_key, remove_key);
}
