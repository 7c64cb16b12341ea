/* SPDX-License-Identifier: ISC */
#include "oauth/private_key.h"

#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define BITS_MIN 2048 /* RFC 7518, section 3.3 */
#define BITS_MAX 16384

/* Asked for the passphrase of an encrypted key: there is nobody to ask. */
static int
note_encryption(char *buffer, int size, int writing, void *context)
{
	bool *encrypted = context;

	(void)buffer;
	(void)size;
	(void)writing;
	*encrypted = true;
	return -1;
}

static int
check(const EVP_PKEY *key, struct error *error)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))
		return error_set(error, EX_CONFIG, "it is not an RSA key");
	if (bits < BITS_MIN || bits > BITS_MAX)
		return error_set(error, EX_CONFIG,
		    "an RSA key of %d bits is too %s; make one of 2048 to 4096", bits,
		    bits < BITS_MIN ? "weak" : "large");
	return 0;
}

EVP_PKEY *
private_key_read(const char *pem, struct error *error)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	bool encrypted = false;
	EVP_PKEY *key = NULL;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, note_encryption, &encrypted);
	BIO_free(bio);
	ERR_clear_error();
	if (key == NULL) {
		error_set(error, EX_CONFIG,
		    encrypted ? "the key is encrypted with a passphrase, which nobody could enter; "
				"store it without (openssl pkey)"
			      : "there is no private key in PEM form in it");
		return NULL;
	}
	if (check(key, error) < 0) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}
