/*
 * Requests to authorization servers: libcurl's multi interface in our loop, so
 * that a server that hangs delays nobody else.
 *
 * TLS is verified always; http only to a loopback address literal. No redirect is
 * followed (the body is a secret), no cookie kept, no proxy used but the one
 * asked for. Every request opens a connection of its own: a server may have closed
 * an idle one, and a request lost on it could have spent a refresh token.
 */
#ifndef POSTOAK_OAUTH_HTTP_H
#define POSTOAK_OAUTH_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "config/loop.h"
#include "oauth/form.h"

#define HTTP_BODY_MAX 1048576
#define HTTP_HEADERS_MAX 65536

struct http;
struct http_transfer;

struct http_request {
	const char *url;
	struct form *form;         /* POST it; taken over, and wiped when done. Null: GET */
	const char *authorization; /* value of that header, or null */
	const char *ca_file;       /* null: the system's */
	const char *proxy;         /* null: none */
	enum tls_version tls_minimum_version;
	unsigned timeout; /* seconds for everything */
};

enum http_result {
	HTTP_ANSWERED, /* the whole answer is there, whatever its status */
	HTTP_NOT_SENT, /* name, connection or TLS failed: the server saw no request */
	HTTP_LOST,     /* the server may have acted on it, but no whole answer came */
};

struct http_response {
	enum http_result result;
	unsigned status;      /* with HTTP_ANSWERED */
	const char *body;     /* likewise; not terminated, wiped after the callback */
	size_t length;        /* of the body */
	unsigned retry_after; /* seconds; 0: not said */
	int64_t date;         /* of the Date header, seconds since the epoch; 0: none */
	const char *error;    /* what failed, for people; "" with HTTP_ANSWERED */
};

/* Called once for each request that was not cancelled; the transfer is gone afterwards. */
typedef void http_done(const struct http_response *response, void *context);

/* Null and errno where libcurl cannot be set up. */
struct http *http_new(struct loop *loop);

/* Cancels what is under way. */
void http_free(struct http *http);

/*
 * Begin a request; `done` is called from the loop, never from here. Strings are
 * copied. Returns the transfer, or null and `error`: EX_CONFIG where the URL may
 * not be used, EX_OSERR.
 */
struct http_transfer *http_start(struct http *http, const struct http_request *request,
    http_done *done, void *context, struct error *error);

/* Break a request off; `done` is not called. */
void http_cancel(struct http_transfer *transfer);

/* True where `url` is https, or http to a loopback address literal, without user or fragment. */
bool http_url_allowed(const char *url);

#endif
