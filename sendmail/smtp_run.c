/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "sendmail/signals.h"
#include "sendmail/smtp_session.h"

#define READ_SIZE 16384
#define FIRST_SIZE 4096

/*
 * Replies go out when no input is there (RFC 2920 3.2), so commands that come in one go
 * are answered in one go, and a client that writes all it has to say before it reads is
 * not kept waiting. This many octets of replies may wait: half a million commands. A
 * client that is further ahead must read before we read on.
 */
#define REPLIES_MAX ((size_t)4 * 1024 * 1024)

struct pump {
	int in; /* -1: nothing more is read */
	int out;
	int signals; /* signals.h */
	char *replies;
	size_t sent; /* of them, octets */
	size_t length;
	size_t size;
};

/* Room for `more` octets: what was sent is cut off once that is worth the move. */
static int
make_room(struct pump *pump, size_t more)
{
	size_t size = pump->size > 0 ? pump->size : FIRST_SIZE;
	char *larger;

	if (pump->sent > 0 && pump->sent >= pump->length - pump->sent) {
		memmove(pump->replies, pump->replies + pump->sent, pump->length - pump->sent);
		pump->length -= pump->sent;
		pump->sent = 0;
	}
	while (size - pump->length < more)
		size *= 2;
	if (size == pump->size)
		return 0;
	larger = realloc(pump->replies, size);
	if (larger == NULL)
		return -1;
	pump->replies = larger;
	pump->size = size;
	return 0;
}

/* smtp_settings' put: keep a reply. */
static int
keep_reply(void *context, const char *text, size_t length)
{
	struct pump *pump = context;

	if (length > pump->size - pump->length && make_room(pump, length) < 0)
		return -1;
	memcpy(pump->replies + pump->length, text, length);
	pump->length += length;
	return 0;
}

/* Write what fits now. Returns 0, or -1 where nobody reads. */
static int
write_replies(struct pump *pump)
{
	size_t length = pump->length - pump->sent;
	ssize_t written;

	/* A pipe that poll(2) reports takes this much without blocking, and a socket can be
	 * asked not to; the descriptor's own mode is shared with others. */
	if (length > PIPE_BUF)
		length = PIPE_BUF;
	written = send(pump->out, pump->replies + pump->sent, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (written < 0 && errno == ENOTSOCK)
		written = write(pump->out, pump->replies + pump->sent, length);
	if (written < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	pump->sent += (size_t)written;
	if (pump->sent == pump->length)
		pump->sent = pump->length = 0;
	return 0;
}

static void
read_commands(struct pump *pump, struct smtp_session *session)
{
	static char buffer[READ_SIZE];
	ssize_t count = read(pump->in, buffer, sizeof buffer);

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (count <= 0 || smtp_session_feed(session, buffer, (size_t)count) < 0)
		pump->in = -1;
}

/* Tell the client, if it reads now. */
static void
close_now(struct pump *pump, struct smtp_session *session)
{
	struct pollfd wait = {.fd = pump->out, .events = POLLOUT};

	smtp_session_close(session);
	while (pump->sent < pump->length && poll(&wait, 1, 0) == 1 && write_replies(pump) == 0)
		;
}

static void
serve(struct pump *pump, struct smtp_session *session)
{
	while (pump->in >= 0 || pump->sent < pump->length) {
		bool waiting = pump->sent < pump->length;
		bool full = pump->length - pump->sent >= REPLIES_MAX;
		struct pollfd wait[] = {
		    {.fd = full ? -1 : pump->in, .events = POLLIN},
		    {.fd = waiting ? pump->out : -1, .events = POLLOUT},
		    {.fd = pump->signals, .events = POLLIN},
		};

		if (poll(wait, 3, -1) < 0 && errno != EINTR)
			return;
		if (wait[2].revents != 0) {
			close_now(pump, session);
			return;
		}
		if (wait[0].revents != 0)
			read_commands(pump, session);
		else if (wait[1].revents != 0 && write_replies(pump) < 0)
			return;
	}
}

int
smtp_run(const struct options *options, const struct config *config, struct error *error)
{
	struct pump pump = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
	struct smtp_settings settings = {
	    .message.config = config,
	    .message.full_name = options->full_name,
	    .message.no_aliases = options->no_aliases,
	    .message.gateway = options->gateway,
	    .message.queue_only = options->queue_only,
	    .put = keep_reply,
	    .context = &pump,
	};
	struct smtp_session *session;

	pump.signals = signals_hold(error);
	if (pump.signals < 0)
		return -1;
	session = smtp_session_new(&settings);
	if (session != NULL)
		serve(&pump, session);
	close(pump.signals);
	smtp_session_free(session);
	free(pump.replies);
	return session != NULL ? 0 : error_set_errno(error, EX_OSERR, "SMTP session");
}
