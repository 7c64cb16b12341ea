/* What an authorization server publishes about itself (RFC 8414, OpenID Connect Discovery). */
#ifndef POSTOAK_OAUTH_METADATA_H
#define POSTOAK_OAUTH_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/error.h"

/* Places where the document may be, in the order in which they are tried. */
enum metadata_place { METADATA_OAUTH, METADATA_OPENID, METADATA_PLACES };

struct metadata {
	char *token_endpoint;
	char *authorization_endpoint;        /* null: not said; likewise the others */
	char *device_authorization_endpoint; /* RFC 8628 */
	char *revocation_endpoint;           /* RFC 7009 */
	bool iss_parameter;                  /* answers name their issuer (RFC 9207) */
	unsigned methods; /* 1 << enum client_authentication, as offered; 0: not said */
};

/* Where `issuer` keeps its document; fresh, null without memory. */
char *metadata_url(const char *issuer, enum metadata_place place);

/*
 * Make sense of `length` octets that came from such a place. The document must name
 * `issuer` itself, octet for octet, and endpoints that may be asked: https, but for an
 * issuer on loopback. On success the caller releases `metadata`; -1 and `error`
 * (EX_CONFIG, EX_OSERR; EX_DATAERR where it is no such document) otherwise.
 */
int metadata_parse(struct metadata *metadata, const char *issuer, const char *body, size_t length,
    struct error *error);

void metadata_free(struct metadata *metadata);

#endif
