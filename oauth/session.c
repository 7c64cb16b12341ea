/* SPDX-License-Identifier: ISC */
#include "oauth/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/channel.h"
#include "config/credential.h"
#include "config/log.h"

#define SESSIONS_MAX 1024

struct session {
	LIST_ENTRY(session) entry;
	struct sessions *sessions;
	struct account *account;
	struct account_waiter waiter;
	int fd;
	bool granted; /* and nothing heard since */
	uint64_t generation;
};

struct sessions {
	struct loop *loop;
	struct channel_message message;
	size_t count;
	LIST_HEAD(session_list, session) list;
};

struct sessions *
sessions_new(struct loop *loop)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (sessions == NULL)
		return NULL;
	if (channel_message_init(&sessions->message) < 0) {
		free(sessions);
		return NULL;
	}
	sessions->loop = loop;
	LIST_INIT(&sessions->list);
	return sessions;
}

static void
end(struct session *session)
{
	account_leave(&session->waiter);
	loop_forget(session->sessions->loop, session->fd);
	close(session->fd);
	LIST_REMOVE(session, entry);
	session->sessions->count--;
	free(session);
}

void
sessions_free(struct sessions *sessions)
{
	if (sessions == NULL)
		return;
	while (!LIST_EMPTY(&sessions->list))
		end(LIST_FIRST(&sessions->list));
	channel_message_free(&sessions->message);
	free(sessions);
}

void
sessions_drop(struct sessions *sessions, const struct account *account)
{
	struct session *session;
	struct session *next;

	LIST_FOREACH_SAFE(session, &sessions->list, entry, next)
	if (session->account == account)
		end(session);
}

static int
send_refused(int fd, const struct account_answer *answer)
{
	struct credential_refused refused = {
	    .reason = answer->state == AGENT_NEEDS_PERSON ? CREDENTIAL_NEEDS_PERSON
							  : CREDENTIAL_TRY_LATER,
	    .retry_after = answer->retry_after,
	};

	strlcpy(refused.text, answer->reason != NULL ? answer->reason : answer->text,
	    sizeof(refused.text));
	strlcpy(
	    refused.advice, answer->advice != NULL ? answer->advice : "", sizeof(refused.advice));
	for (char *p = refused.advice; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return credential_send_refused(fd, &refused);
}

void
sessions_refuse(int fd, enum agent_state state, const char *text)
{
	struct account_answer answer = {.state = state, .text = text};

	/* Where it cannot be told, the worker reads the end of the channel. */
	(void)send_refused(fd, &answer);
	close(fd);
}

/*
 * Called by the account. The session must outlive the call, because its caller may
 * still be at work on it; where the worker is gone, the loop will say so.
 */
static void
answered(struct account_waiter *waiter, const struct account_answer *answer)
{
	struct session *session =
	    (struct session *)(void *)((char *)waiter - offsetof(struct session, waiter));

	session->granted = false;
	if (answer->state != AGENT_READY) {
		(void)send_refused(session->fd, answer);
	} else if (credential_send(session->fd, answer->credential) == 0) {
		session->granted = true;
		session->generation = answer->credential->generation;
	}
}

static void
handle(struct session *session, const struct channel_message *message)
{
	struct unpacker unpacker;
	uint64_t generation;
	const char *reply;

	unpack_init(&unpacker, message->body, message->length);
	generation = unpack_u64(&unpacker);
	reply = unpack_string(&unpacker);
	if (message->type != CREDENTIAL_REJECTED || !unpack_complete(&unpacker) ||
	    !session->granted) {
		log_write(LOG_WARNING, "agent", "a worker of profile %s talks nonsense",
		    account_profile(session->account)->name);
		end(session);
		return;
	}
	session->granted = false;
	account_reject(session->account, &session->waiter, generation, reply);
}

static void
ready(int fd, uint32_t events, void *context)
{
	struct session *session = context;
	struct sessions *sessions = session->sessions;
	int received = channel_receive(fd, &sessions->message);

	(void)events;
	if (received > 0) {
		handle(session, &sessions->message);
	} else if (received == 0 || errno != EAGAIN) {
		if (session->granted)
			account_accept(session->account, session->generation);
		end(session);
	}
}

void
sessions_begin(struct sessions *sessions, struct account *account, int fd)
{
	struct session *session = NULL;

	if (sessions->count < SESSIONS_MAX)
		session = calloc(1, sizeof(*session));
	/* A worker that does not read must not stop everybody. */
	if (session == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    loop_watch(sessions->loop, fd, EPOLLIN, ready, session) < 0) {
		free(session);
		sessions_refuse(fd, AGENT_TRY_LATER, "the agent has too many workers to serve");
		return;
	}
	session->sessions = sessions;
	session->account = account;
	session->fd = fd;
	session->waiter.answered = answered;
	LIST_INSERT_HEAD(&sessions->list, session, entry);
	sessions->count++;
	account_request(account, &session->waiter);
}
