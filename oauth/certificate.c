/* SPDX-License-Identifier: ISC */
#include "oauth/certificate.h"

#include <sysexits.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "config/secret.h"
#include "oauth/base64url.h"

static X509 *
parse(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	ERR_clear_error();
	return certificate;
}

int
certificate_thumbprint(const struct config_client *client, EVP_PKEY *key,
    char thumbprint[CERTIFICATE_THUMBPRINT_SIZE], struct error *error)
{
	/* It is no secret, but it is read as carefully. */
	const struct secret_reference file = {.kind = SECRET_FILE, .value = client->certificate};
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	X509 *certificate;
	char *pem;
	int result = 0;

	if (secret_read(&file, &pem, error) < 0)
		return error_prefix(error, "certificate of %s", client->name);
	certificate = parse(pem);
	secret_free(pem);
	if (certificate == NULL)
		result = error_set(error, EX_CONFIG, "certificate of %s: no certificate in %s",
		    client->name, client->certificate);
	else if (X509_check_private_key(certificate, key) != 1)
		result = error_set(error, EX_CONFIG,
		    "certificate of %s: it is not that of the private key", client->name);
	else if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1)
		result = error_set(error, EX_OSERR, "certificate of %s: no memory", client->name);
	else
		base64url_encode(thumbprint, digest, length);
	X509_free(certificate);
	ERR_clear_error();
	return result;
}
