/* The runner's sockets in the runtime directory that others connect to. */
#ifndef POSTOAK_QUEUE_LISTENER_H
#define POSTOAK_QUEUE_LISTENER_H

#include <sys/socket.h>
#include <sys/un.h>

#include "config/config.h"
#include "config/error.h"

struct listener {
	int fd; /* -1: closed */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/*
 * Bind the stream socket `name` in the runtime directory for everybody (0666: the
 * peer's credentials decide), in place of what an earlier runner left there, and
 * listen without blocking. Returns 0, or -1 and `error` (EX_CONFIG, EX_OSERR,
 * EX_CANTCREAT); listener_close is allowed after both.
 */
int listener_open(
    struct listener *listener, const struct config *config, const char *name, struct error *error);

/* Close it and remove its name; again: nothing. */
void listener_close(struct listener *listener);

#endif
