/* SPDX-License-Identifier: ISC */
#include "sendmail/incoming.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/spool/accept.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/space.h"
#include "queue/spool/spool.h"
#include "sendmail/privilege.h"

struct incoming {
	int directory;
	struct accept *accept;
};

static int
open_directory(const struct config *config, struct error *error)
{
	int directory = spool_open_incoming(config, error);

	/* Before the daemon ran for the first time. */
	if (directory < 0 && errno == ENOENT && spool_create(config, error) == 0)
		directory = spool_open_incoming(config, error);
	/* Whatever keeps us out now, the caller keeps the mail and may come again. */
	if (directory < 0 && error->status != EX_CONFIG)
		error->status = EX_TEMPFAIL;
	return directory;
}

/* With the privilege raised: find room and open a file. */
static int
begin(struct incoming *incoming, const struct config *config, struct envelope *envelope,
    struct error *error)
{
	incoming->directory = open_directory(config, error);
	if (incoming->directory < 0)
		return -1;
	if (space_check(incoming->directory, config->minimum_free_space, getuid() == 0, error) < 0)
		return -1;
	incoming->accept = accept_begin(incoming->directory, envelope, error);
	return incoming->accept != NULL ? 0 : -1;
}

struct incoming *
incoming_begin(const struct config *config, struct envelope *envelope, struct error *error)
{
	struct incoming *incoming = malloc(sizeof *incoming);
	int result;

	if (incoming == NULL) {
		error_set_errno(error, EX_TEMPFAIL, "spool");
		return NULL;
	}
	*incoming = (struct incoming){.directory = -1};
	privilege_raise();
	result = begin(incoming, config, envelope, error);
	privilege_lower();
	if (result < 0) {
		int saved_errno = errno;

		incoming_free(incoming);
		errno = saved_errno;
		return NULL;
	}
	return incoming;
}

int
incoming_write(struct incoming *incoming, const void *data, size_t length, struct error *error)
{
	return accept_write(incoming->accept, data, length, error);
}

int
incoming_publish(struct incoming *incoming, uint64_t *id, struct error *error)
{
	int result;

	if (accept_seal(incoming->accept, error) < 0)
		return -1;
	privilege_raise();
	result = accept_publish(incoming->accept, id, error);
	privilege_lower();
	return result;
}

void
incoming_free(struct incoming *incoming)
{
	if (incoming == NULL)
		return;
	/* Where O_TMPFILE is not supported there is a name to remove. */
	privilege_raise();
	accept_free(incoming->accept);
	privilege_lower();
	if (incoming->directory >= 0)
		close(incoming->directory);
	free(incoming);
}

void
incoming_notify(const struct config *config, uint64_t id)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[QUEUE_ID_SIZE];
	int length;
	int fd;

	length = snprintf(
	    address.sun_path, sizeof address.sun_path, "%s/notify", config->directories.runtime);
	if (length < 0 || (size_t)length >= sizeof address.sun_path)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	queue_id_format(id, text);
	privilege_raise();
	sendto(fd, text, QUEUE_ID_SIZE - 1, MSG_NOSIGNAL, (const struct sockaddr *)&address,
	    sizeof address);
	privilege_lower();
	close(fd);
}
