/* SPDX-License-Identifier: ISC */
#include "queue/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "config/channel.h"
#include "config/log.h"
#include "config/pack.h"
#include "queue/spool/accept.h"

struct sync_request {
	TAILQ_ENTRY(sync_request) entry;
	uint64_t number;
	enum sync_operation operation;
	int fds[2];
	sync_done *done;
	void *context;
	bool sent;
};

struct syncer {
	struct loop *loop;
	struct loop_timer again; /* restarts a process that died */
	int channel;             /* -1: no process */
	pid_t pid;
	uint64_t next_number;
	struct channel_message message;
	TAILQ_HEAD(sync_list, sync_request) requests; /* oldest first */
};

/* ---- the process ---- */

static int
perform(enum sync_operation operation, int file, int directory, uint64_t *id)
{
	struct error error;

	switch (operation) {
	case SYNC_DATA:
		return fdatasync(file) < 0 ? errno : 0;
	case SYNC_FILE:
		return fsync(file) < 0 ? errno : 0;
	case SYNC_SYSTEM:
		return syncfs(file) < 0 ? errno : 0;
	case SYNC_PUBLISH:
		errno = 0;
		if (accept_publish_file(file, directory, id, &error) == 0)
			return 0;
		return errno != 0 ? errno : EIO;
	}
	return EINVAL;
}

static void
serve_one(int channel, struct channel_message *message)
{
	unsigned char body[32];
	struct packer packer;
	struct unpacker unpacker;
	uint64_t number;
	uint64_t id = 0;
	uint32_t failure;

	unpack_init(&unpacker, message->body, message->length);
	number = unpack_u64(&unpacker);
	failure = (uint32_t)perform((enum sync_operation)message->type,
	    message->fd_count > 0 ? message->fds[0] : -1,
	    message->fd_count > 1 ? message->fds[1] : -1, &id);
	pack_init(&packer, body, sizeof(body));
	pack_u64(&packer, number);
	pack_u32(&packer, failure);
	pack_u64(&packer, id);
	if (channel_send(channel, message->type, body, packer.length, NULL, 0) < 0)
		_exit(0);
}

static _Noreturn void
syncer_process(int channel)
{
	struct channel_message message;

	/* Ends with the runner: its end of the channel is the only other one. */
	if (channel_message_init(&message) < 0)
		_exit(1);
	while (channel_receive(channel, &message) > 0)
		serve_one(channel, &message);
	_exit(0);
}

/* ---- the runner's side ---- */

static void
send_waiting(struct syncer *syncer)
{
	struct sync_request *request;

	if (syncer->channel < 0)
		return;
	TAILQ_FOREACH(request, &syncer->requests, entry)
	{
		unsigned char body[16];
		struct packer packer;

		if (request->sent)
			continue;
		pack_init(&packer, body, sizeof(body));
		pack_u64(&packer, request->number);
		if (channel_send(syncer->channel, (uint32_t)request->operation, body, packer.length,
			request->fds, request->fds[1] >= 0 ? 2 : 1) < 0)
			return; /* behind, or dead: an answer or the end of it comes first */
		request->sent = true;
	}
}

static void
release(struct sync_request *request)
{
	close(request->fds[0]);
	if (request->fds[1] >= 0)
		close(request->fds[1]);
	free(request);
}

static void
answered(struct syncer *syncer)
{
	struct sync_request *request;
	struct unpacker unpacker;
	uint64_t number;
	int failure;
	uint64_t id;

	unpack_init(&unpacker, syncer->message.body, syncer->message.length);
	number = unpack_u64(&unpacker);
	failure = (int)unpack_u32(&unpacker);
	id = unpack_u64(&unpacker);
	TAILQ_FOREACH(request, &syncer->requests, entry)
	if (request->number == number)
		break;
	if (request == NULL || !unpack_complete(&unpacker))
		return;
	TAILQ_REMOVE(&syncer->requests, request, entry);
	request->done(failure, id, request->context);
	release(request);
}

static void
lost(struct syncer *syncer)
{
	struct sync_request *request;

	loop_forget(syncer->loop, syncer->channel);
	close(syncer->channel);
	syncer->channel = -1;
	TAILQ_FOREACH(request, &syncer->requests, entry)
	request->sent = false;
	log_write(LOG_ERR, "qmgr", "the syncer died; it is started again");
	loop_timer_set(syncer->loop, &syncer->again, 100);
}

static void
syncer_ready(int fd, uint32_t events, void *context)
{
	struct syncer *syncer = context;

	(void)events;
	for (;;) {
		int result = channel_receive(fd, &syncer->message);

		if (result < 0 && errno == EAGAIN)
			break;
		if (result <= 0) {
			lost(syncer);
			return;
		}
		answered(syncer);
	}
	send_waiting(syncer);
}

static int
spawn(struct syncer *syncer)
{
	int pair[2];

	if (channel_pair(pair) < 0)
		return -1;
	syncer->pid = fork();
	if (syncer->pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (syncer->pid == 0) {
		/* 3 is free again once everything else of the runner's is closed. */
		if (pair[1] != 3 && dup2(pair[1], 3) < 0)
			_exit(1);
		closefrom(4);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)prctl(PR_SET_NAME, "postoak-sync");
		/* What it still had to publish nobody would know of: the next runner has
		 * read the queue by then. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		syncer_process(3);
	}
	close(pair[1]);
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	syncer->channel = pair[0];
	return loop_watch(syncer->loop, pair[0], EPOLLIN, syncer_ready, syncer);
}

static void
restart(void *context)
{
	struct syncer *syncer = context;

	if (spawn(syncer) < 0)
		loop_timer_set(syncer->loop, &syncer->again, 1000);
	else
		send_waiting(syncer);
}

struct syncer *
syncer_start(struct loop *loop)
{
	struct syncer *syncer = calloc(1, sizeof(*syncer));

	if (syncer == NULL)
		return NULL;
	syncer->loop = loop;
	syncer->channel = -1;
	TAILQ_INIT(&syncer->requests);
	loop_timer_init(&syncer->again, restart, syncer);
	if (channel_message_init(&syncer->message) < 0 || spawn(syncer) < 0) {
		channel_message_free(&syncer->message);
		free(syncer);
		return NULL;
	}
	return syncer;
}

int
syncer_ask(struct syncer *syncer, enum sync_operation operation, int file, int directory,
    sync_done *done, void *context)
{
	struct sync_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return -1;
	request->fds[0] = fcntl(file, F_DUPFD_CLOEXEC, 0);
	request->fds[1] = directory >= 0 ? fcntl(directory, F_DUPFD_CLOEXEC, 0) : -1;
	if (request->fds[0] < 0 || (directory >= 0 && request->fds[1] < 0)) {
		if (request->fds[0] >= 0)
			close(request->fds[0]);
		free(request);
		return -1;
	}
	request->number = ++syncer->next_number;
	request->operation = operation;
	request->done = done;
	request->context = context;
	TAILQ_INSERT_TAIL(&syncer->requests, request, entry);
	send_waiting(syncer);
	return 0;
}

void
syncer_stop(struct syncer *syncer)
{
	struct sync_request *request;

	if (syncer == NULL)
		return;
	loop_timer_cancel(syncer->loop, &syncer->again);
	if (syncer->channel >= 0) {
		loop_forget(syncer->loop, syncer->channel);
		close(syncer->channel);
	}
	while ((request = TAILQ_FIRST(&syncer->requests)) != NULL) {
		TAILQ_REMOVE(&syncer->requests, request, entry);
		release(request);
	}
	channel_message_free(&syncer->message);
	free(syncer);
}
