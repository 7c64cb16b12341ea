/*
 * Requests that come to a redirect URI: HTTP of anybody on this host, most of it not what
 * is waited for. Pure.
 */
#ifndef POSTOAK_SENDMAIL_REDIRECT_REQUEST_H
#define POSTOAK_SENDMAIL_REDIRECT_REQUEST_H

#include <stddef.h>

#include "sendmail/redirect_uri.h"

/* Codes of some providers are thousands of characters long. */
#define REDIRECT_REQUEST_MAX 32768

/*
 * Read `length` octets that came so far. Returns 0 where the header has not ended yet, an
 * HTTP status for what is not wanted here, or 200: then *query, fresh and freed with
 * secret_free, is that of a GET of the path of `uri`, with `state` in it.
 */
unsigned redirect_request_read(const char *octets, size_t length, const struct redirect_uri *uri,
    const char *state, char **query);

#endif
