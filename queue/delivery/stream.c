/* SPDX-License-Identifier: ISC */
#include "queue/delivery/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>
#include <openssl/err.h>

#include "config/clock.h"

/* A hundred pipelined commands fit as one flight, and so do their replies. */
#define BUFFER_SIZE 65536

struct stream {
	int fd;
	int lifeline;
	SSL *ssl;
	bool ended; /* the peer sends nothing more */
	size_t in_start;
	size_t in_end;
	size_t out_length;
	char in[BUFFER_SIZE];
	char out[BUFFER_SIZE];
};

struct stream *
stream_new(int fd, int lifeline)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int flags = fcntl(fd, F_GETFL);

	if (stream == NULL || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		free(stream);
		close(fd);
		return NULL;
	}
	stream->fd = fd;
	stream->lifeline = lifeline;
	return stream;
}

void
stream_free(struct stream *stream)
{
	if (stream == NULL)
		return;
	SSL_free(stream->ssl);
	close(stream->fd);
	explicit_bzero(stream, sizeof(*stream));
	free(stream);
}

void
stream_shutdown(struct stream *stream)
{
	if (stream->ssl == NULL)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(stream->ssl);
}

/* Wait until one of `events` is there; *ready says which. */
static int
wait_ready(struct stream *stream, short events, short *ready, uint64_t deadline)
{
	struct pollfd pollfds[2] = {
	    {.fd = stream->fd, .events = events},
	    {.fd = stream->lifeline}, /* POLLHUP comes unasked */
	};

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		uint64_t left = deadline > now ? deadline - now : 0;
		int count = poll(pollfds, 2, left > INT_MAX ? INT_MAX : (int)left);

		if (count < 0 && errno != EINTR)
			return -1;
		if (count > 0 && pollfds[1].revents != 0) {
			errno = ECANCELED;
			return -1;
		}
		/* Also where something came: TLS has records that bring nobody any further. */
		if (left == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (count > 0) {
			*ready = pollfds[0].revents;
			return 0;
		}
	}
}

/* What an SSL function's failure means: 0 and the event to wait for, or -1 and errno. */
static int
tls_wants(struct stream *stream, int result, short *wanted)
{
	int saved = errno;

	switch (SSL_get_error(stream->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*wanted = POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*wanted = POLLOUT;
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = saved != 0 ? saved : ECONNRESET;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		errno = ECONNRESET;
		return -1;
	default:
		/* Most relays close without TLS's own farewell. Whole lines count, so nothing was
		 * cut off unseen. */
		errno = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
			    ? ECONNRESET
			    : EPROTO;
		return -1;
	}
}

/* Read or write once. More than 0: octets; 0: not now, wait for *wanted; -1: errno. */
static ssize_t
read_once(struct stream *stream, void *data, size_t length, short *wanted)
{
	ssize_t count;
	size_t octets;
	int result;

	*wanted = POLLIN;
	if (stream->ssl != NULL) {
		ERR_clear_error();
		errno = 0;
		result = SSL_read_ex(stream->ssl, data, length, &octets);
		return result > 0 ? (ssize_t)octets : tls_wants(stream, result, wanted);
	}
	count = recv(stream->fd, data, length, 0);
	if (count == 0) {
		errno = ECONNRESET;
		return -1;
	}
	return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
}

static ssize_t
write_once(struct stream *stream, const void *data, size_t length, short *wanted)
{
	ssize_t count;
	size_t octets;
	int result;

	*wanted = POLLOUT;
	if (stream->ssl != NULL) {
		ERR_clear_error();
		errno = 0;
		result = SSL_write_ex(stream->ssl, data, length, &octets);
		return result > 0 ? (ssize_t)octets : tls_wants(stream, result, wanted);
	}
	count = send(stream->fd, data, length, MSG_NOSIGNAL);
	return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : count;
}

static bool
input_has_room(const struct stream *stream)
{
	return !stream->ended && stream->in_end - stream->in_start < sizeof(stream->in);
}

/* Read what is there into the buffer: octets, 0 where nothing is, or -1 and errno. */
static ssize_t
fill(struct stream *stream, short *wanted)
{
	ssize_t count;

	if (stream->in_start > 0) {
		memmove(
		    stream->in, stream->in + stream->in_start, stream->in_end - stream->in_start);
		stream->in_end -= stream->in_start;
		stream->in_start = 0;
	}
	if (stream->ended) {
		errno = ECONNRESET;
		return -1;
	}
	count = read_once(
	    stream, stream->in + stream->in_end, sizeof(stream->in) - stream->in_end, wanted);
	if (count > 0)
		stream->in_end += (size_t)count;
	else if (count < 0)
		stream->ended = true;
	return count;
}

int
stream_start_tls(struct stream *stream, SSL *ssl, uint64_t deadline)
{
	stream->ssl = ssl;
	stream->in_start = stream->in_end = 0;
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Each read comes back here, where the deadline is: a peer can go on with tickets and new
	 * keys for ever. */
	SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	if (SSL_set_fd(ssl, stream->fd) != 1) {
		errno = ENOMEM;
		return -1;
	}
	for (;;) {
		short wanted, ready;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_connect(ssl);
		if (result == 1)
			return 0;
		if (tls_wants(stream, result, &wanted) < 0 ||
		    wait_ready(stream, wanted, &ready, deadline) < 0)
			return -1;
	}
}

bool
stream_is_secure(const struct stream *stream)
{
	return stream->ssl != NULL && SSL_is_init_finished(stream->ssl) &&
	       SSL_get_verify_result(stream->ssl) == X509_V_OK;
}

int
stream_flush(struct stream *stream, uint64_t deadline)
{
	size_t done = 0;

	while (done < stream->out_length) {
		short wanted, ready, ignored;
		ssize_t count =
		    write_once(stream, stream->out + done, stream->out_length - done, &wanted);

		if (count < 0)
			return -1;
		if (count > 0) {
			done += (size_t)count;
			continue;
		}
		if (input_has_room(stream))
			wanted |= POLLIN;
		if (wait_ready(stream, wanted, &ready, deadline) < 0)
			return -1;
		/* A peer that closed its side may still take the rest: writing tells. */
		if ((ready & POLLIN) != 0 && input_has_room(stream))
			(void)fill(stream, &ignored);
	}
	stream->out_length = 0;
	return 0;
}

int
stream_put(struct stream *stream, const void *data, size_t length, uint64_t deadline)
{
	const char *from = data;

	while (length > 0) {
		size_t room = sizeof(stream->out) - stream->out_length;
		size_t piece = length < room ? length : room;

		memcpy(stream->out + stream->out_length, from, piece);
		stream->out_length += piece;
		from += piece;
		length -= piece;
		if (stream->out_length == sizeof(stream->out) && stream_flush(stream, deadline) < 0)
			return -1;
	}
	return 0;
}

void
stream_discard_output(struct stream *stream)
{
	stream->out_length = 0;
	explicit_bzero(stream->out, sizeof(stream->out));
}

/*
 * A relay whose replies go out one by one under Nagle's algorithm sends the second when
 * the first is acknowledged: at once then, not after the 40 ms that Linux may wait. The
 * kernel forgets the wish each time we write.
 */
static void
acknowledge_at_once(const struct stream *stream)
{
	int on = 1;

	(void)setsockopt(stream->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

int
stream_line(struct stream *stream, const char **line, size_t *length, uint64_t deadline)
{
	if (stream_flush(stream, deadline) < 0)
		return -1;
	for (;;) {
		const char *start = stream->in + stream->in_start;
		size_t available = stream->in_end - stream->in_start;
		const char *end = memchr(start, '\n', available);
		short wanted, ready;
		ssize_t count;

		if (end == NULL && available < STREAM_LINE_MAX) {
			count = fill(stream, &wanted);
			if (count < 0)
				return -1;
			if (count > 0)
				continue;
			acknowledge_at_once(stream);
			if (wait_ready(stream, wanted, &ready, deadline) < 0)
				return -1;
			continue;
		}
		if (end == NULL || end - start >= STREAM_LINE_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
		stream->in_start += (size_t)(end - start) + 1;
		*line = start;
		*length = (size_t)(end - start);
		if (*length > 0 && start[*length - 1] == '\r')
			(*length)--;
		return 0;
	}
}

int
stream_socket(const struct stream *stream)
{
	return stream->fd;
}

int
stream_has_input(struct stream *stream)
{
	short ignored;
	ssize_t count;

	if (stream->in_end > stream->in_start)
		return 1;
	count = fill(stream, &ignored);
	return count < 0 ? -1 : count > 0;
}
