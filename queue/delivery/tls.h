/*
 * TLS towards relays: the certificates to trust, loaded before the sandbox closes, and
 * the verification that is never left out.
 */
#ifndef POSTOAK_DELIVERY_TLS_H
#define POSTOAK_DELIVERY_TLS_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "config/config.h"
#include "config/error.h"

/*
 * A context that trusts the certificates in `ca_file` (null: the system's store, found
 * where SSL_CERT_FILE, OpenSSL or the common distributions have it) and nothing else,
 * from `minimum` on. Everything is read now: nothing is left to be opened later. Null
 * and `error` (EX_CONFIG) where no certificate could be read.
 */
SSL_CTX *tls_context(const char *ca_file, enum tls_version minimum, struct error *error);

/*
 * A client session that accepts only a chain to a trusted certificate that is valid for
 * `host`: a name, sent as SNI, or an address literal. Null where there is no memory or
 * the name cannot be one.
 */
SSL *tls_session(SSL_CTX *context, const char *host);

/*
 * What a handshake that succeeded came to, in one line for people: version, cipher, and
 * the certificate's subject, issuer and end.
 */
void tls_describe(const SSL *ssl, char *text, size_t size);

/* Why the handshake of `ssl` failed, for people. Empties OpenSSL's error queue. */
void tls_explain(const SSL *ssl, char *text, size_t size);

#endif
