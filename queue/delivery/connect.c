/* SPDX-License-Identifier: ISC */
#include "queue/delivery/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/clock.h"
#include "queue/delivery/resolve.h"

/* A dead address must not eat the time of those after it. */
#define ATTEMPT_MS 5000

static bool
is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	return false;
}

static void
describe(const char *host, unsigned port, const struct sockaddr *address, socklen_t length,
    struct connection *connection)
{
	char text[64];

	if (getnameinfo(address, length, text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(text, sizeof(text), "unknown");
	snprintf(connection->relay, sizeof(connection->relay), "%.250s[%s]:%u", host, text, port);
	connection->loopback = is_loopback(address);
}

/* Wait until the connection stands: 0, or -1 and errno. */
static int
await(int fd, int lifeline, uint64_t deadline)
{
	struct pollfd pollfds[2] = {{.fd = fd, .events = POLLOUT}, {.fd = lifeline}};
	int count, error = 0;
	socklen_t length = sizeof(error);

	do {
		uint64_t now = clock_monotonic_ms();
		uint64_t left = deadline > now ? deadline - now : 0;

		count = poll(pollfds, 2, left > INT_MAX ? INT_MAX : (int)left);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -1;
	if (count == 0 || pollfds[1].revents != 0) {
		errno = count == 0 ? ETIMEDOUT : ECANCELED;
		return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

/* The connected socket, or -1 and errno. */
static int
try_address(const struct sockaddr *address, socklen_t length, int lifeline, uint64_t deadline)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, saved;

	if (fd < 0)
		return -1;
	/* We write whole flights: Nagle's algorithm could only delay their ends. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(fd, address, length) == 0 ||
	    (errno == EINPROGRESS && await(fd, lifeline, deadline) == 0))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
connect_relay(const char *host, unsigned port, int lifeline, uint64_t deadline,
    struct connection *connection, struct error *error)
{
	struct resolved resolved;

	connection->fd = -1;
	connection->loopback = false;
	snprintf(connection->relay, sizeof(connection->relay), "%.250s:%u", host, port);
	if (resolve_host(host, port, lifeline, deadline, &resolved, error) < 0)
		return -1;
	for (size_t i = 0; i < resolved.count; i++) {
		const struct sockaddr *address = (const void *)&resolved.items[i].address;
		uint64_t limit = clock_monotonic_ms() + ATTEMPT_MS;

		if (i + 1 == resolved.count || limit > deadline)
			limit = deadline;
		describe(host, port, address, resolved.items[i].length, connection);
		connection->fd = try_address(address, resolved.items[i].length, lifeline, limit);
		if (connection->fd >= 0)
			return 0;
		if (errno == ECANCELED)
			break;
	}
	return error_set_errno(error, EX_TEMPFAIL, "connect to %s", connection->relay);
}
