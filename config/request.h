/*
 * Requests over the sockets run/control and run/agent.
 *
 * A client connects, sends one line of words and reads the reply: a line
 * "STATUS MESSAGE" (a sysexits number, 0 for success; the message may be empty),
 * then the body, then one NUL octet and the end. A body without the NUL is one
 * that broke off.
 */
#ifndef POSTOAK_CONFIG_REQUEST_H
#define POSTOAK_CONFIG_REQUEST_H

#include <stdio.h>

#include "config/error.h"

#define REQUEST_MAX 4096 /* octets of a line with its end, where a server takes no more */

/*
 * Connect to the socket at `path`, waiting at most `timeout` seconds for that, and for
 * each later send(2). Returns a descriptor, or -1 and `error` (EX_UNAVAILABLE nobody
 * listens, EX_NOPERM, EX_CONFIG, EX_OSERR) with errno as connect(2) left it.
 */
int request_connect(const char *path, int timeout, struct error *error);

/*
 * Read the first line of a reply, waiting at most `timeout` seconds. Returns 0 and the
 * message of a success, cut to `size`; -1 and `error`: EX_UNAVAILABLE where none comes,
 * EX_PROTOCOL where it is no such line, else its status and message.
 */
int request_read_status(int fd, int timeout, char *message, size_t size, struct error *error);

/*
 * Send `line` (without newline, at most the server's bound less 2 octets) over the
 * connection `fd` and read the reply's first line, waiting at most `timeout` seconds.
 * Returns 0, and request_copy reads the body; or -1 and `error`: EX_USAGE where the line
 * is too long, EX_UNAVAILABLE where the reply breaks off, else the reply's.
 */
int request_ask(int fd, const char *line, int timeout, struct error *error);

/*
 * The same over a new connection to the socket at `path`. Returns a descriptor from
 * which request_copy reads the body, or -1 and `error` as request_connect and
 * request_ask.
 */
int request_send(const char *path, const char *line, int timeout, struct error *error);

/*
 * Copy the body to `out` and close `fd`. Returns 0; -1 and `error`
 * (EX_UNAVAILABLE broken off, EX_IOERR for `out`).
 */
int request_copy(int fd, FILE *out, int timeout, struct error *error);

#endif
