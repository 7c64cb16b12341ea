/* SPDX-License-Identifier: ISC */
#include "sendmail/submit_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/request.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/submit_protocol.h"

/* The receiver answers within its own time, if at all. */
#define ANSWER_TIME (SUBMIT_TIME + 5)

static void
socket_path(const struct config *config, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/" SUBMIT_SOCKET, config->directories.runtime);
}

bool
submit_socket_exists(const struct config *config)
{
	char path[PATH_MAX];
	struct stat status;

	socket_path(config, path);
	return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Returns 0, or -1 and errno: EPIPE and ECONNRESET where the peer takes no more. */
static int
send_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		data += sent;
		length -= (size_t)sent;
	}
	return 0;
}

/*
 * Returns 0 also where the peer takes no more: then it has answered. Whatever else stops
 * us is no end of the message: told that it was, the receiver would find it damaged.
 */
static int
send_file(int fd, int file, struct error *error)
{
	static char buffer[65536];
	off_t offset = 0;

	for (;;) {
		ssize_t got = pread(file, buffer, sizeof buffer, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(error, EX_TEMPFAIL, "cannot read the message again");
		if (got == 0)
			break;
		if (send_all(fd, buffer, (size_t)got) < 0) {
			if (errno == EPIPE || errno == ECONNRESET)
				return 0;
			return error_set_errno(error, EX_TEMPFAIL, "cannot hand over the message");
		}
		offset += got;
	}
	(void)shutdown(fd, SHUT_WR);
	return 0;
}

static int
exchange(int fd, int file, bool wake, uint64_t *id, struct error *error)
{
	const char *greeting = wake ? SUBMIT_NOW : SUBMIT_LATER;
	char answer[64];

	if (send_all(fd, greeting, strlen(greeting)) == 0 && send_file(fd, file, error) < 0)
		return -1;
	if (request_read_status(fd, ANSWER_TIME, answer, sizeof answer, error) < 0) {
		/* It broke off, or makes no sense: whether the message is safe is not known. */
		if (error->status == EX_UNAVAILABLE || error->status == EX_PROTOCOL)
			error->status = EX_TEMPFAIL;
		return -1;
	}
	if (!queue_id_parse(answer, id))
		return error_set(
		    error, EX_TEMPFAIL, "postoakd did not say that it has the message");
	return 0;
}

int
submit_socket_send(const struct config *config, int file, bool wake, const char *reason,
    uint64_t *id, struct error *error)
{
	char path[PATH_MAX];
	int result;
	int fd;

	socket_path(config, path);
	fd = request_connect(path, SUBMIT_TIME, error);
	if (fd < 0)
		return error_set(error, EX_TEMPFAIL,
		    "cannot write to the spool (%s), and nobody answers at %s (%s)", reason, path,
		    strerror(errno));
	result = exchange(fd, file, wake, id, error);
	close(fd);
	return result;
}
