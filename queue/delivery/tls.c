/* SPDX-License-Identifier: ISC */
#include "queue/delivery/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

/* Where distributions keep all trusted certificates in one file. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

/*
 * The system's store as one file. A hashed directory would not do: OpenSSL opens its
 * files while it verifies, when the worker may no longer open any.
 */
static const char *
system_bundle(void)
{
	const char *path = secure_getenv(X509_get_default_cert_file_env());

	if (path != NULL)
		return path;
	path = X509_get_default_cert_file();
	if (access(path, R_OK) == 0)
		return path;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	return path;
}

SSL_CTX *
tls_context(const char *ca_file, enum tls_version minimum, struct error *error)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	const char *path = ca_file != NULL ? ca_file : system_bundle();

	if (context == NULL) {
		error_set(error, EX_OSERR, "cannot prepare TLS");
		return NULL;
	}
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	errno = 0;
	if (SSL_CTX_set_min_proto_version(
		context, minimum == TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
	    SSL_CTX_load_verify_file(context, path) != 1) {
		unsigned long code = ERR_peek_last_error();
		const char *reason = errno != 0 ? strerror(errno) : ERR_reason_error_string(code);

		error_set(error, EX_CONFIG, "cannot read trusted certificates from %s: %s", path,
		    reason != NULL ? reason : "no certificate in it");
		ERR_clear_error();
		SSL_CTX_free(context);
		return NULL;
	}
	return context;
}

static bool
is_address(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* SSL_set_tlsext_host_name, whose macro casts const away. */
static bool
set_server_name(SSL *ssl, const char *host)
{
	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		   (void *)(uintptr_t)host) == 1;
}

SSL *
tls_session(SSL_CTX *context, const char *host)
{
	SSL *ssl = SSL_new(context);
	bool named;

	if (ssl == NULL)
		return NULL;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(host))
		named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	else
		named = SSL_set1_host(ssl, host) == 1 && set_server_name(ssl, host);
	if (named)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

static void
describe_certificate(FILE *out, const X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long length;

	if (bio == NULL)
		return;
	BIO_printf(bio, ", certificate ");
	X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
	BIO_printf(bio, ", issued by ");
	X509_NAME_print_ex(bio, X509_get_issuer_name(certificate), 0, XN_FLAG_ONELINE);
	BIO_printf(bio, ", valid until ");
	ASN1_TIME_print(bio, X509_get0_notAfter(certificate));
	length = BIO_get_mem_data(bio, &text);
	(void)fprintf(out, "%.*s", (int)length, text);
	BIO_free(bio);
}

void
tls_describe(const SSL *ssl, char *text, size_t size)
{
	const X509 *certificate = SSL_get0_peer_certificate(ssl);
	/* What is too long is cut. */
	FILE *out = fmemopen(text, size, "w");

	text[0] = '\0';
	if (out == NULL)
		return;
	(void)fprintf(out, "%s, %s", SSL_get_version(ssl), SSL_get_cipher_name(ssl));
	if (certificate != NULL)
		describe_certificate(out, certificate);
	(void)fclose(out);
	text[size - 1] = '\0';
	ERR_clear_error();
}

void
tls_explain(const SSL *ssl, char *text, size_t size)
{
	long verified = SSL_get_verify_result(ssl);
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	if (verified != X509_V_OK) {
		strlcpy(text, "certificate not accepted: ", size);
		strlcat(text, X509_verify_cert_error_string(verified), size);
	} else {
		strlcpy(text, reason != NULL ? reason : "connection closed", size);
	}
	ERR_clear_error();
}
