/* SPDX-License-Identifier: ISC */
#include "queue/listener.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#define BACKLOG 128

int
listener_open(
    struct listener *listener, const struct config *config, const char *name, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int failed;

	listener->fd = -1;
	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s",
		config->directories.runtime, name) >= (int)sizeof(address.sun_path))
		return error_set(error, EX_CONFIG, "%s/%s: too long for a socket's name",
		    config->directories.runtime, name);
	strlcpy(listener->path, address.sun_path, sizeof(listener->path));
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return error_set_errno(error, EX_OSERR, "cannot make a socket");
	(void)unlink(listener->path);
	mask = umask(0111);
	failed = bind(listener->fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (failed < 0 || listen(listener->fd, BACKLOG) < 0)
		return error_set_errno(error, EX_CANTCREAT, "cannot bind %s", listener->path);
	return 0;
}

void
listener_close(struct listener *listener)
{
	if (listener->fd < 0)
		return;
	close(listener->fd);
	(void)unlink(listener->path);
	listener->fd = -1;
}
