/* The URI that an authorization server sends the browser back to (RFC 8252, section 7.3). */
#ifndef POSTOAK_SENDMAIL_REDIRECT_URI_H
#define POSTOAK_SENDMAIL_REDIRECT_URI_H

#include <stdbool.h>
#include <stddef.h>

#define REDIRECT_URI_MAX 1024
#define REDIRECT_URI_DEFAULT "http://127.0.0.1/"

struct redirect_uri {
	bool loopback;   /* http at a loopback address or localhost: can be listened at */
	char host[64];   /* as written, brackets included */
	unsigned port;   /* 0: none is written */
	char path[1024]; /* with query; "" where there is none */
};

/* Split `text`, which the configuration allows; false where it is too long. */
bool redirect_uri_parse(struct redirect_uri *uri, const char *text);

/* Write it with its port, "HOST:PORT" of a Host field, and the whole. False where it does
 * not fit. */
bool redirect_uri_authority(const struct redirect_uri *uri, char *text, size_t size);
bool redirect_uri_write(const struct redirect_uri *uri, char *text, size_t size);

#endif
