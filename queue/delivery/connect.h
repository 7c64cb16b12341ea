/* A TCP connection to a relay: all its addresses are tried, within one deadline. */
#ifndef POSTOAK_DELIVERY_CONNECT_H
#define POSTOAK_DELIVERY_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/error.h"

struct connection {
	int fd;          /* non-blocking, close-on-exec, TCP_NODELAY; the caller's */
	bool loopback;   /* the peer is this host */
	char relay[320]; /* "host[address]:port", for people */
};

/*
 * Connect to `host` (name or address literal) at `port`, by `deadline`
 * (clock_monotonic_ms); an address but the last is given up after a short time.
 * `relay` is set as far as known on failure too. Returns 0, or -1 and `error`.
 */
int connect_relay(const char *host, unsigned port, int lifeline, uint64_t deadline,
    struct connection *connection, struct error *error);

#endif
