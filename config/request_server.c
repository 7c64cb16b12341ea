/* SPDX-License-Identifier: ISC */
#include "config/request_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "config/request.h"

#define CONNECTIONS_MAX 32
#define CONNECTIONS_A_UID 4
#define CONNECTIONS_OF_ROOT 8
#define GROUPS_MAX 256
#define REQUEST_TIMEOUT_MS 10000
#define PROGRESS_TIMEOUT_MS 60000

struct request {
	LIST_ENTRY(request) entry;
	struct request_server *server;
	struct loop_timer timer;
	int fd;
	uid_t uid;
	gid_t groups[GROUPS_MAX];
	size_t group_count;
	char *line; /* wiped: it may hold a secret */
	size_t line_size;
	size_t received;
	bool asked; /* the handler has it; `out` is set once it answered */
	char *out;
	size_t out_length;
	size_t out_sent;
};

struct request_server {
	struct loop *loop;
	int listener;
	size_t request_max;
	request_handler *handler;
	void *context;
	LIST_HEAD(, request) requests;
};

static void
request_close(struct request *request)
{
	loop_timer_cancel(request->server->loop, &request->timer);
	if (request->fd >= 0) {
		loop_forget(request->server->loop, request->fd);
		close(request->fd);
	}
	LIST_REMOVE(request, entry);
	freezero(request->line, request->line_size);
	freezero(request->out, request->out_length);
	free(request);
}

static void
request_timed_out(void *context)
{
	request_close(context);
}

static void
write_answer(struct request *request)
{
	while (request->out_sent < request->out_length) {
		ssize_t sent = send(request->fd, request->out + request->out_sent,
		    request->out_length - request->out_sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0)
			break;
		request->out_sent += (size_t)sent;
		loop_timer_set(request->server->loop, &request->timer, PROGRESS_TIMEOUT_MS);
	}
	request_close(request);
}

/* Make room for more of the line; nothing it outgrows is left behind in memory. */
static int
grow_line(struct request *request)
{
	size_t size = request->line_size * 2;
	char *line;

	if (size > request->server->request_max)
		size = request->server->request_max;
	line = malloc(size);
	if (line == NULL)
		return -1;
	memcpy(line, request->line, request->received);
	freezero(request->line, request->line_size);
	request->line = line;
	request->line_size = size;
	return 0;
}

/* Nothing more is read: a peer that goes away is noticed when the answer cannot be
 * written. */
static void
end_reading(struct request *request)
{
	request->asked = true;
	loop_forget(request->server->loop, request->fd);
	loop_timer_cancel(request->server->loop, &request->timer);
}

static void
refuse_long(struct request *request)
{
	struct error error;

	end_reading(request);
	error_set(&error, EX_USAGE, "the request is too long");
	request_answer_error(request, &error);
}

static void
read_line(struct request *request)
{
	char *rest = request->line + request->received;
	ssize_t got = read(request->fd, rest, request->line_size - request->received);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		request_close(request);
		return;
	}
	request->received += (size_t)got;
	end = memchr(rest, '\n', (size_t)got);
	if (end != NULL) {
		*end = '\0';
		end_reading(request);
		request->server->handler(request, request->line, request->server->context);
	} else if (request->received == request->server->request_max) {
		refuse_long(request);
	} else if (request->received == request->line_size && grow_line(request) < 0) {
		request_close(request);
	}
}

static void
request_ready(int fd, uint32_t events, void *context)
{
	struct request *request = context;

	(void)fd;
	(void)events;
	if (request->asked)
		write_answer(request);
	else
		read_line(request);
}

static bool
may_connect(const struct request_server *server, uid_t uid)
{
	const struct request *request;
	size_t all = 0;
	size_t same = 0;

	LIST_FOREACH(request, &server->requests, entry)
	{
		all++;
		if (request->uid == uid)
			same++;
	}
	/* Root must get through when others have taken all there is. */
	if (uid == 0)
		return all < CONNECTIONS_MAX + CONNECTIONS_OF_ROOT;
	return all < CONNECTIONS_MAX && same < CONNECTIONS_A_UID;
}

static int
identify_peer(struct request *request)
{
	struct ucred cred;
	socklen_t length = sizeof(cred);

	if (getsockopt(request->fd, SOL_SOCKET, SO_PEERCRED, &cred, &length) < 0)
		return -1;
	request->uid = cred.uid;
	length = sizeof(request->groups) - sizeof(request->groups[0]);
	if (getsockopt(request->fd, SOL_SOCKET, SO_PEERGROUPS, request->groups, &length) == 0)
		request->group_count = length / sizeof(request->groups[0]);
	request->groups[request->group_count++] = cred.gid;
	return 0;
}

static void
refuse(int fd)
{
	static const char busy[] = "75 too many connections, try again later\n";

	(void)send(fd, busy, sizeof(busy), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* Begin with a connection, which is closed where that is refused. */
static void
begin(struct request_server *server, int fd)
{
	struct request *request = calloc(1, sizeof(*request));

	if (request == NULL || (request->line = malloc(REQUEST_MAX)) == NULL) {
		free(request);
		refuse(fd);
		return;
	}
	request->line_size = REQUEST_MAX;
	request->server = server;
	request->fd = fd;
	if (identify_peer(request) < 0 || !may_connect(server, request->uid) ||
	    loop_watch(server->loop, fd, EPOLLIN, request_ready, request) < 0) {
		free(request->line);
		free(request);
		refuse(fd);
		return;
	}
	loop_timer_init(&request->timer, request_timed_out, request);
	loop_timer_set(server->loop, &request->timer, REQUEST_TIMEOUT_MS);
	LIST_INSERT_HEAD(&server->requests, request, entry);
}

static void
accept_one(int listener, uint32_t events, void *context)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		begin(context, fd);
}

void
request_server_adopt(struct request_server *server, int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		close(fd);
	else
		begin(server, fd);
}

struct request_server *
request_server_new(
    struct loop *loop, int listener, size_t request_max, request_handler *handler, void *context)
{
	struct request_server *server = calloc(1, sizeof(*server));

	if (server == NULL)
		return NULL;
	server->loop = loop;
	server->listener = listener;
	server->request_max = request_max;
	server->handler = handler;
	server->context = context;
	LIST_INIT(&server->requests);
	if (listener >= 0 && loop_watch(loop, listener, EPOLLIN, accept_one, server) < 0) {
		free(server);
		return NULL;
	}
	return server;
}

void
request_server_free(struct request_server *server)
{
	struct request *request;

	if (server == NULL)
		return;
	if (server->listener >= 0)
		loop_forget(server->loop, server->listener);
	while ((request = LIST_FIRST(&server->requests)) != NULL)
		request_close(request);
	free(server);
}

uid_t
request_uid(const struct request *request)
{
	return request->uid;
}

bool
request_privileged(const struct request *request, gid_t gid)
{
	if (request->uid == 0 || request->uid == geteuid())
		return true;
	for (size_t i = 0; i < request->group_count; i++)
		if (request->groups[i] == gid)
			return true;
	return false;
}

static void
answer(struct request *request, int status, const char *message, const char *body, size_t length)
{
	size_t size = strlen(message) + length + 16;
	int head;

	request->out = malloc(size);
	if (request->out == NULL) {
		request_close(request);
		return;
	}
	head = snprintf(request->out, size, "%d %s\n", status, message);
	if (length > 0)
		memcpy(request->out + head, body, length);
	request->out[(size_t)head + length] = '\0';
	request->out_length = (size_t)head + length + 1;
	loop_timer_set(request->server->loop, &request->timer, PROGRESS_TIMEOUT_MS);
	if (loop_watch(request->server->loop, request->fd, EPOLLOUT, request_ready, request) < 0)
		request_close(request);
}

void
request_answer(struct request *request, const char *body, size_t length)
{
	answer(request, 0, "", body, length);
}

void
request_answer_error(struct request *request, const struct error *error)
{
	answer(request, error->status, error->text, NULL, 0);
}

int
request_take_over(struct request *request)
{
	int fd = request->fd;
	int flags = fcntl(fd, F_GETFL);

	(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	loop_forget(request->server->loop, fd);
	request->fd = -1;
	request_close(request);
	return fd;
}
