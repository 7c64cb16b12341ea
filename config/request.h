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

#define REQUEST_MAX 4096

/*
 * Send `line` (without newline, at most REQUEST_MAX - 2 octets) to the socket at
 * `path` and read the reply's first line. Returns a descriptor from which
 * request_copy reads the body, or -1 and `error`: EX_UNAVAILABLE where nobody
 * listens or the reply breaks off, EX_NOPERM where the socket may not be opened,
 * else the status and message of the reply. Waits at most `timeout` seconds for
 * the first line.
 */
int request_send(const char *path, const char *line, int timeout, struct error *error);

/*
 * Copy the body to `out` and close `fd`. Returns 0; -1 and `error`
 * (EX_UNAVAILABLE broken off, EX_IOERR for `out`).
 */
int request_copy(int fd, FILE *out, int timeout, struct error *error);

#endif
