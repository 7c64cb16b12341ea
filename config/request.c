/* SPDX-License-Identifier: ISC */
#include "config/request.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/clock.h"

int
request_connect(const char *path, int timeout, struct error *error)
{
	const struct timeval limit = {.tv_sec = timeout};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int saved;
	int fd;

	if (strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
		return error_set(error, EX_CONFIG, "%s: too long for a socket's name", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(error, EX_OSERR, "cannot make a socket");
	/* Where more connect than the runner has accepted yet, connect waits as send does. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int status = errno == EACCES || errno == EPERM ? EX_NOPERM : EX_UNAVAILABLE;

		saved = errno;
		if (status == EX_NOPERM)
			error_set(error, status, "%s: not permitted", path);
		else
			error_set(error, status, "postoakd is not running (%s: %s)", path,
			    strerror(saved));
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* Read up to `size` octets before the deadline: as read(2); 0 also for a time-out. */
static ssize_t
read_before(int fd, void *buffer, size_t size, uint64_t deadline)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now = clock_monotonic_ms();
		int ready;

		if (now >= deadline)
			return 0;
		ready = poll(&pollfd, 1, (int)(deadline - now));
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return ready;
		return read(fd, buffer, size);
	}
}

int
request_read_status(int fd, int timeout, char *message, size_t size, struct error *error)
{
	char line[ERROR_TEXT_MAX + 16];
	size_t length = 0;
	uint64_t deadline = clock_monotonic_ms() + (uint64_t)timeout * 1000;
	char *space;
	int status;
	const char *problem;

	/* Octet by octet: the body behind it is the caller's. */
	for (;;) {
		if (length == sizeof(line) - 1 || read_before(fd, line + length, 1, deadline) != 1)
			return error_set(error, EX_UNAVAILABLE, "postoakd did not answer");
		if (line[length] == '\n')
			break;
		length++;
	}
	line[length] = '\0';
	space = strchr(line, ' ');
	if (space == NULL)
		return error_set(error, EX_PROTOCOL, "postoakd gave an answer without status");
	*space = '\0';
	status = (int)strtonum(line, 0, 255, &problem);
	if (problem != NULL)
		return error_set(error, EX_PROTOCOL, "postoakd gave an answer without status");
	if (status != 0)
		return error_set(error, status, "%s", space + 1);
	strlcpy(message, space + 1, size);
	return 0;
}

/*
 * Send the line and its newline, without a copy of it. A server that refuses does not
 * read to the end, but says why.
 */
static int
send_line(int fd, const char *line, struct error *error)
{
	struct iovec parts[2] = {
	    {.iov_base = (void *)(uintptr_t)line, .iov_len = strlen(line)},
	    {.iov_base = (void *)(uintptr_t) "\n", .iov_len = 1},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	while (parts[1].iov_len > 0) {
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
		size_t first;

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
			return 0;
		if (sent < 0)
			return error_set_errno(error, EX_UNAVAILABLE, "cannot ask postoakd");
		first = (size_t)sent < parts[0].iov_len ? (size_t)sent : parts[0].iov_len;
		parts[0].iov_base = (char *)parts[0].iov_base + first;
		parts[0].iov_len -= first;
		parts[1].iov_len -= (size_t)sent - first;
	}
	return 0;
}

int
request_ask(int fd, const char *line, int timeout, struct error *error)
{
	char message[ERROR_TEXT_MAX];

	if (strchr(line, '\n') != NULL)
		return error_set(error, EX_USAGE, "a request is one line");
	if (send_line(fd, line, error) < 0)
		return -1;
	return request_read_status(fd, timeout, message, sizeof(message), error);
}

int
request_send(const char *path, const char *line, int timeout, struct error *error)
{
	int fd = request_connect(path, timeout, error);

	if (fd >= 0 && request_ask(fd, line, timeout, error) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
request_copy(int fd, FILE *out, int timeout, struct error *error)
{
	char buffer[65536];
	bool complete = false;
	int result = -1;

	while (!complete) {
		ssize_t got = read_before(
		    fd, buffer, sizeof(buffer), clock_monotonic_ms() + (uint64_t)timeout * 1000);

		if (got <= 0) {
			error_set(error, EX_UNAVAILABLE, "postoakd broke off its answer");
			goto out;
		}
		if (buffer[got - 1] == '\0') {
			complete = true;
			got--;
		}
		if (fwrite(buffer, 1, (size_t)got, out) != (size_t)got)
			break;
	}
	if (fflush(out) != 0 || ferror(out)) {
		error_set_errno(error, EX_IOERR, "cannot write");
		goto out;
	}
	result = 0;
out:
	explicit_bzero(buffer, sizeof(buffer));
	close(fd);
	return result;
}
