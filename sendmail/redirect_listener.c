/* SPDX-License-Identifier: ISC */
#include "sendmail/redirect_listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/sys/queue.h>

#include "config/secret.h"
#include "oauth/authorization.h"
#include "sendmail/redirect_page.h"
#include "sendmail/redirect_request.h"

#define SOCKETS_MAX 2
#define VISITORS_MAX 16 /* browsers open several connections in advance; the oldest goes */
#define PATIENCE_MS 10000
#define PORT_TRIES 16

struct visitor {
	TAILQ_ENTRY(visitor) entry;
	struct redirect_listener *listener;
	int fd;
	struct loop_timer timer;
	bool turned_away;
	size_t length;
	char octets[REDIRECT_REQUEST_MAX];
};

struct redirect_listener {
	struct redirect_uri uri;
	int sockets[SOCKETS_MAX];
	size_t socket_count;
	unsigned port;     /* of all of them */
	struct loop *loop; /* null: nobody is served yet, or any more */
	char state[AUTHORIZATION_RANDOM_SIZE];
	redirect_arrived *arrived;
	void *context;
	TAILQ_HEAD(, visitor) visitors; /* the oldest first */
	size_t visitor_count;
};

/* ---- sockets ---- */

/* The port that a socket has got. */
static unsigned
port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = {.in6 = {0}};
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length) < 0)
		return 0;
	return ntohs(
	    address.any.sa_family == AF_INET6 ? address.in6.sin6_port : address.in.sin_port);
}

static int
bind_at(struct redirect_listener *listener, const struct sockaddr *address, socklen_t length)
{
	static const int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, address, length) < 0 || listen(fd, VISITORS_MAX) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	listener->port = port_of(fd);
	listener->sockets[listener->socket_count++] = fd;
	return 0;
}

static int
bind_4(struct redirect_listener *listener, const char *host, unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	return bind_at(listener, (const struct sockaddr *)&address, sizeof(address));
}

static int
bind_6(struct redirect_listener *listener, unsigned port)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
	    .sin6_port = htons((uint16_t)port),
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	return bind_at(listener, (const struct sockaddr *)&address, sizeof(address));
}

static void
close_sockets(struct redirect_listener *listener)
{
	for (size_t i = 0; i < listener->socket_count; i++) {
		if (listener->loop != NULL)
			loop_forget(listener->loop, listener->sockets[i]);
		close(listener->sockets[i]);
	}
	listener->socket_count = 0;
}

/* A browser may try either address for the name: another's must not get the response. */
static int
bind_localhost(struct redirect_listener *listener, unsigned port)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		if (bind_4(listener, "127.0.0.1", port) < 0)
			return -1;
		if (bind_6(listener, listener->port) == 0 || errno != EADDRINUSE)
			return 0;
		close_sockets(listener);
		if (port != 0)
			break;
	}
	errno = EADDRINUSE;
	return -1;
}

static int
bind_to(struct redirect_listener *listener, struct redirect_uri *uri)
{
	if (strcasecmp(uri->host, "localhost") == 0)
		return bind_localhost(listener, uri->port);
	if (uri->host[0] == '[')
		return bind_6(listener, uri->port);
	if (bind_4(listener, uri->host, uri->port) == 0)
		return 0;
	if (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT)
		return -1;
	/* A host without IPv4. */
	strlcpy(uri->host, "[::1]", sizeof(uri->host));
	return bind_6(listener, uri->port);
}

int
redirect_listener_open(
    struct redirect_uri *uri, struct redirect_listener **listener, struct error *error)
{
	struct redirect_listener *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return error_set_errno(error, EX_OSERR, "cannot listen");
	TAILQ_INIT(&new->visitors);
	if (bind_to(new, uri) < 0) {
		char authority[128] = "";

		(void)redirect_uri_authority(uri, authority, sizeof(authority));
		error_set_errno(error,
		    errno == EADDRINUSE || errno == EACCES ? EX_CONFIG : EX_OSERR,
		    "cannot listen at %s, where the browser is to come back to", authority);
		redirect_listener_close(new);
		return -1;
	}
	if (uri->port == 0)
		uri->port = new->port;
	new->uri = *uri;
	*listener = new;
	return 0;
}

/* ---- visitors ---- */

static void
dismiss(struct visitor *visitor)
{
	struct redirect_listener *listener = visitor->listener;

	loop_timer_cancel(listener->loop, &visitor->timer);
	loop_forget(listener->loop, visitor->fd);
	close(visitor->fd);
	TAILQ_REMOVE(&listener->visitors, visitor, entry);
	listener->visitor_count--;
	freezero(visitor, sizeof(*visitor));
}

static void
out_of_patience(void *context)
{
	dismiss(context);
}

/* A page fits the socket's buffer, so that nobody has to be waited for. */
static void
send_page(const struct visitor *visitor, unsigned status, const char *title, const char *text)
{
	size_t length;
	char *page = redirect_page(status, title, text, &length);

	if (page != NULL)
		(void)send(visitor->fd, page, length, MSG_NOSIGNAL);
	free(page);
	(void)shutdown(visitor->fd, SHUT_WR);
}

static const char *
explanation(unsigned status)
{
	switch (status) {
	case 404:
		return "There is nothing here.";
	case 405:
		return "Only GET is answered here.";
	case 431:
		return "The request is too large.";
	default:
		return "This is not the response that Postoak waits for. It still waits for that.";
	}
}

/* What it still sends is read, lest a reset takes the page away from it. */
static void
turn_away(struct visitor *visitor, unsigned status)
{
	send_page(visitor, status, "Not what is waited for", explanation(status));
	explicit_bzero(visitor->octets, sizeof(visitor->octets));
	visitor->turned_away = true;
}

/* The one whom all this is about. Everybody else leaves. */
static void
receive(struct visitor *visitor, const char *response)
{
	struct redirect_listener *listener = visitor->listener;
	struct redirect_verdict verdict = {.title = ""};
	struct visitor *other;
	struct visitor *next;

	close_sockets(listener);
	TAILQ_FOREACH_SAFE(other, &listener->visitors, entry, next)
	if (other != visitor)
		dismiss(other);
	listener->arrived(response, &verdict, listener->context);
	send_page(visitor, 200, verdict.title, verdict.text);
	dismiss(visitor);
}

static void
read_request(struct visitor *visitor)
{
	const struct redirect_listener *listener = visitor->listener;
	char *response;
	unsigned status = redirect_request_read(
	    visitor->octets, visitor->length, &listener->uri, listener->state, &response);

	if (status == 200)
		receive(visitor, response);
	else if (status != 0)
		turn_away(visitor, status);
	secret_free(response);
}

static void
visitor_ready(int fd, uint32_t events, void *context)
{
	struct visitor *visitor = context;
	size_t used = visitor->turned_away ? 0 : visitor->length;
	ssize_t got = read(fd, visitor->octets + used, sizeof(visitor->octets) - used);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		dismiss(visitor);
	} else if (!visitor->turned_away) {
		visitor->length += (size_t)got;
		read_request(visitor);
	}
}

static void
admit(int socket, uint32_t events, void *context)
{
	struct redirect_listener *listener = context;
	int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct visitor *visitor;

	(void)events;
	if (fd < 0)
		return;
	if (listener->visitor_count == VISITORS_MAX)
		dismiss(TAILQ_FIRST(&listener->visitors));
	visitor = calloc(1, sizeof(*visitor));
	if (visitor == NULL ||
	    loop_watch(listener->loop, fd, EPOLLIN, visitor_ready, visitor) < 0) {
		free(visitor);
		close(fd);
		return;
	}
	visitor->listener = listener;
	visitor->fd = fd;
	TAILQ_INSERT_TAIL(&listener->visitors, visitor, entry);
	listener->visitor_count++;
	loop_timer_init(&visitor->timer, out_of_patience, visitor);
	loop_timer_set(listener->loop, &visitor->timer, PATIENCE_MS);
}

int
redirect_listener_serve(struct redirect_listener *listener, struct loop *loop, const char *state,
    redirect_arrived *arrived, void *context)
{
	listener->loop = loop;
	strlcpy(listener->state, state, sizeof(listener->state));
	listener->arrived = arrived;
	listener->context = context;
	for (size_t i = 0; i < listener->socket_count; i++)
		if (loop_watch(loop, listener->sockets[i], EPOLLIN, admit, listener) < 0)
			return -1;
	return 0;
}

void
redirect_listener_close(struct redirect_listener *listener)
{
	struct visitor *visitor;

	if (listener == NULL)
		return;
	close_sockets(listener);
	while ((visitor = TAILQ_FIRST(&listener->visitors)) != NULL)
		dismiss(visitor);
	free(listener);
}
