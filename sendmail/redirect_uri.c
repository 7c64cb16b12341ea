/* SPDX-License-Identifier: ISC */
#include "sendmail/redirect_uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <bsd/string.h>

#include "config/syntax.h"

static bool
is_loopback(const char *host)
{
	char bare[sizeof(((struct redirect_uri *)NULL)->host)];
	size_t length = strlen(host);

	if (host[0] == '[' && length > 2) {
		strlcpy(bare, host + 1, length - 1);
		return syntax_is_loopback(bare);
	}
	return strcasecmp(host, "localhost") == 0 || syntax_is_loopback(host);
}

bool
redirect_uri_parse(struct redirect_uri *uri, const char *text)
{
	const char *authority = strstr(text, "://");
	const char *port;
	size_t length;

	*uri = (struct redirect_uri){0};
	if (authority == NULL || strlen(text) >= REDIRECT_URI_MAX)
		return false;
	authority += 3;
	length = strcspn(authority, "/?");
	if (strlcpy(uri->path, authority + length, sizeof(uri->path)) >= sizeof(uri->path))
		return false;
	/* The colons of an IPv6 address stand in brackets. */
	port = memchr(authority, ']', length);
	port = port == NULL ? authority : port;
	port = memchr(port, ':', length - (size_t)(port - authority));
	if (port != NULL) {
		uri->port = (unsigned)strtoul(port + 1, NULL, 10);
		length = (size_t)(port - authority);
	}
	if (length == 0 || length >= sizeof(uri->host) || uri->port > 65535)
		return false;
	strlcpy(uri->host, authority, length + 1);
	uri->loopback = strncasecmp(text, "http://", 7) == 0 && is_loopback(uri->host);
	return true;
}

bool
redirect_uri_authority(const struct redirect_uri *uri, char *text, size_t size)
{
	int length = uri->port == 0 || uri->port == 80
			 ? snprintf(text, size, "%s", uri->host)
			 : snprintf(text, size, "%s:%u", uri->host, uri->port);

	return length >= 0 && (size_t)length < size;
}

bool
redirect_uri_write(const struct redirect_uri *uri, char *text, size_t size)
{
	int length = uri->port == 0
			 ? snprintf(text, size, "http://%s%s", uri->host, uri->path)
			 : snprintf(text, size, "http://%s:%u%s", uri->host, uri->port, uri->path);

	return length >= 0 && (size_t)length < size;
}
