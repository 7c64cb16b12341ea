/* SPDX-License-Identifier: ISC */
#include "queue/receivers.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/log.h"
#include "queue/listener.h"
#include "queue/receiver.h"
#include "queue/spool/submit_protocol.h"

#define PLACES (RECEIVERS_MAX + RECEIVERS_OF_ROOT)

struct receivers {
	struct context *context;
	struct listener listener;
	size_t count;
	struct {
		pid_t pid;
		uid_t uid; /* for whom */
	} places[PLACES];  /* the first `count` are taken */
};

bool
receivers_may_connect(uid_t uid, size_t all, size_t own)
{
	/* Root must get through when others have taken all there is. */
	if (uid == 0)
		return all < PLACES;
	return all < RECEIVERS_MAX && own < RECEIVERS_A_UID;
}

static size_t
count_of(const struct receivers *receivers, uid_t uid)
{
	size_t count = 0;

	for (size_t i = 0; i < receivers->count; i++)
		if (receivers->places[i].uid == uid)
			count++;
	return count;
}

static void
start(struct receivers *receivers, int fd, uid_t uid)
{
	const struct receiver_options options = {
	    .config = receivers->context->config,
	    .incoming = receivers->context->spool.incoming,
	    .fd = fd,
	    .uid = uid,
	};
	pid_t pid = fork();

	if (pid == 0)
		receiver_run(&options);
	if (pid < 0) {
		log_write(LOG_ERR, "receive", "cannot take a message: %s", strerror(errno));
		receiver_answer(fd, EX_TEMPFAIL, "postoakd cannot take it now");
		return;
	}
	receivers->places[receivers->count].pid = pid;
	receivers->places[receivers->count].uid = uid;
	receivers->count++;
}

static void
accept_one(int listener, uint32_t events, void *arg)
{
	struct receivers *receivers = arg;
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int fd;

	(void)events;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
	    !receivers_may_connect(peer.uid, receivers->count, count_of(receivers, peer.uid)))
		receiver_answer(fd, EX_TEMPFAIL, "too many submissions at a time");
	else
		start(receivers, fd, peer.uid);
	close(fd);
}

struct receivers *
receivers_new(struct context *context, struct error *error)
{
	struct receivers *receivers = calloc(1, sizeof(*receivers));

	if (receivers == NULL) {
		error_set_errno(error, EX_OSERR, "cannot start");
		return NULL;
	}
	receivers->context = context;
	if (listener_open(&receivers->listener, context->config, SUBMIT_SOCKET, error) < 0) {
		receivers_free(receivers);
		return NULL;
	}
	if (loop_watch(context->loop, receivers->listener.fd, EPOLLIN, accept_one, receivers) < 0) {
		error_set_errno(error, EX_OSERR, "cannot serve %s", receivers->listener.path);
		receivers_free(receivers);
		return NULL;
	}
	return receivers;
}

void
receivers_stop(struct receivers *receivers)
{
	if (receivers->listener.fd < 0)
		return;
	loop_forget(receivers->context->loop, receivers->listener.fd);
	listener_close(&receivers->listener);
	for (size_t i = 0; i < receivers->count; i++)
		(void)kill(receivers->places[i].pid, SIGTERM);
}

void
receivers_free(struct receivers *receivers)
{
	if (receivers == NULL)
		return;
	receivers_stop(receivers);
	free(receivers);
}

bool
receivers_reaped(struct receivers *receivers, pid_t pid, int status)
{
	for (size_t i = 0; i < receivers->count; i++) {
		if (receivers->places[i].pid != pid)
			continue;
		if (WIFSIGNALED(status) && !receivers->context->stopping)
			log_write(LOG_WARNING, "receive", "uid=%lu: receiver %d ended by signal %d",
			    (unsigned long)receivers->places[i].uid, (int)pid, WTERMSIG(status));
		receivers->places[i] = receivers->places[--receivers->count];
		return true;
	}
	return false;
}

size_t
receivers_count(const struct receivers *receivers)
{
	return receivers->count;
}
