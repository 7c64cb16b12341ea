/* SPDX-License-Identifier: ISC */
#include "sendmail/incoming.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/spool/accept.h"
#include "queue/spool/notify.h"
#include "queue/spool/space.h"
#include "queue/spool/spool.h"
#include "sendmail/privilege.h"
#include "sendmail/staging.h"
#include "sendmail/submit_socket.h"

struct incoming {
	const struct config *config;
	int directory;
	struct accept *accept;
	bool by_socket;      /* the file is staged, for the runner's socket */
	struct error closed; /* why */
};

/* Before the daemon ran for the first time nobody listens: whoever may creates the
 * spool. Where somebody does, it is elsewhere, out of our sight. */
static int
open_directory(const struct config *config, struct error *error)
{
	int directory = spool_open_incoming(config, error);

	if (directory < 0 && errno == ENOENT) {
		if (!submit_socket_exists(config) && spool_create(config, error) == 0)
			directory = spool_open_incoming(config, error);
		else
			errno = ENOENT;
	}
	/* Whatever keeps us out now, the caller keeps the mail and may come again. */
	if (directory < 0 && error->status != EX_CONFIG)
		error->status = EX_TEMPFAIL;
	return directory;
}

/*
 * With the privilege raised: find room and open a file. On failure errno tells
 * whether the other way in may be taken.
 */
static int
begin(struct incoming *incoming, struct envelope *envelope, struct error *error)
{
	const struct config *config = incoming->config;

	incoming->directory = open_directory(config, error);
	if (incoming->directory < 0)
		return -1;
	if (space_check(incoming->directory, config->minimum_free_space, getuid() == 0, error) < 0)
		return -1;
	incoming->accept = accept_begin(incoming->directory, envelope, error);
	return incoming->accept != NULL ? 0 : -1;
}

/* True where the spool is closed to us, which says nothing of how it is. */
static bool
is_closed(int code, const struct error *error)
{
	if (error->status == EX_CONFIG)
		return false;
	return code == EACCES || code == EPERM || code == EROFS || code == ENOENT;
}

static int
begin_staged(struct incoming *incoming, struct envelope *envelope, struct error *error)
{
	int file = staging_open();

	incoming->by_socket = true;
	incoming->closed = *error;
	if (file < 0)
		return error_set_errno(error, EX_TEMPFAIL, "cannot create a temporary file");
	incoming->accept = accept_begin_file(file, envelope, error);
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
	*incoming = (struct incoming){.config = config, .directory = -1};
	privilege_raise();
	result = begin(incoming, envelope, error);
	privilege_lower();
	if (result < 0 && is_closed(errno, error))
		result = begin_staged(incoming, envelope, error);
	if (result < 0) {
		int saved_errno = errno;

		incoming_free(incoming);
		errno = saved_errno;
		return NULL;
	}
	return incoming;
}

bool
incoming_is_by_socket(const struct incoming *incoming)
{
	return incoming->by_socket;
}

int
incoming_write(struct incoming *incoming, const void *data, size_t length, struct error *error)
{
	return accept_write(incoming->accept, data, length, error);
}

static int
publish(struct incoming *incoming, bool wake, uint64_t *id, struct error *error)
{
	int result;

	privilege_raise();
	result = accept_publish(incoming->accept, id, error);
	if (result == 0 && wake)
		notify_runner(incoming->config->directories.runtime, *id);
	privilege_lower();
	return result;
}

int
incoming_publish(struct incoming *incoming, bool wake, uint64_t *id, struct error *error)
{
	if (accept_seal(incoming->accept, error) < 0)
		return -1;
	if (incoming->by_socket)
		return submit_socket_send(incoming->config, accept_file(incoming->accept), wake,
		    incoming->closed.text, id, error);
	return publish(incoming, wake, id, error);
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
