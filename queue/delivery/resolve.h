/* The addresses of a relay, with a deadline that getaddrinfo(3) does not have. */
#ifndef POSTOAK_DELIVERY_RESOLVE_H
#define POSTOAK_DELIVERY_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "config/error.h"

#define RESOLVE_ADDRESSES_MAX 16

struct resolved {
	size_t count;
	struct {
		struct sockaddr_storage address;
		socklen_t length;
	} items[RESOLVE_ADDRESSES_MAX];
};

/*
 * Resolve `host` (a name or an address literal), in the order to try (RFC 6724), each
 * with `port`. Names are looked up in a child process, which is killed at `deadline`
 * (clock_monotonic_ms) or when `lifeline` hangs up. Returns 0, or -1 and `error`
 * (EX_NOHOST, EX_TEMPFAIL).
 */
int resolve_host(const char *host, unsigned port, int lifeline, uint64_t deadline,
    struct resolved *resolved, struct error *error);

#endif
