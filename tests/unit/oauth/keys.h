/* Keys made for a test, as PEM. */
#ifndef POSTOAK_TESTS_OAUTH_KEYS_H
#define POSTOAK_TESTS_OAUTH_KEYS_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static char *
bio_text(BIO *bio)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);
	char *text = strndup(data, (size_t)length);

	BIO_free(bio);
	return text;
}

/* Encrypted where there is a passphrase. */
static char *
key_text(EVP_PKEY *key, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase == NULL ? NULL : EVP_aes_256_cbc(),
	    passphrase, passphrase == NULL ? 0 : (int)strlen(passphrase), NULL, NULL);
	return bio_text(bio);
}

/* A certificate of `key`, signed by itself. */
static X509 *
make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();

	X509_set_version(certificate, X509_VERSION_3);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	X509_sign(certificate, key, EVP_sha256());
	return certificate;
}

#endif
