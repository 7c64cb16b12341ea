/* SPDX-License-Identifier: ISC */
#include "queue/delivery/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/channel.h"
#include "config/clock.h"
#include "config/credential.h"
#include "queue/delivery/connect.h"
#include "queue/delivery/login.h"
#include "queue/delivery/pipeline.h"
#include "queue/delivery/sandbox.h"
#include "queue/delivery/session.h"
#include "queue/delivery/transaction.h"
#include "queue/delivery/work.h"

/* How long the agent may take: a token request with its retries. */
#define CREDENTIAL_MS 120000

/* How long a connection without work is kept. */
#define IDLE_MS 15000

struct worker {
	const struct worker_options *options;
	uint64_t began;
	struct connection connection;
	struct session session;
	struct pipeline pipeline;
	uint64_t generation; /* of the credential */
	unsigned messages;
};

/* True where the relay still waits for a command. */
static bool
is_conversing(const struct worker *worker, const struct outcome *failure)
{
	return worker->session.stream != NULL && worker->pipeline.count == 0 &&
	       failure->code != 0 && failure->code != 421;
}

/* Close the connection, with QUIT where there is somebody to hear it. */
static void
hang_up(struct worker *worker, bool politely)
{
	if (politely)
		session_quit(&worker->session);
	stream_free(worker->session.stream);
	worker->session.stream = NULL;
}

/* Closed first, told then: relays count connections, and the next one comes at once. */
static _Noreturn void
end_closed(struct worker *worker, bool politely)
{
	hang_up(worker, politely);
	(void)work_send_closed(worker->options->runner_channel);
	work_close(worker->options->runner_channel);
	_exit(0);
}

/*
 * Wait for what the agent says, as credential_receive does, but no longer than the runner
 * lives (ECANCELED).
 */
static int
await_credential(
    const struct worker *worker, struct credential *credential, struct credential_refused *refused)
{
	struct pollfd pollfds[2] = {
	    {.fd = worker->options->credential_channel, .events = POLLIN},
	    {.fd = worker->options->runner_channel},
	};
	int count;

	do
		count = poll(pollfds, 2, CREDENTIAL_MS);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return -1;
	if (count > 0 && pollfds[1].revents != 0) {
		errno = ECANCELED;
		return -1;
	}
	return credential_receive(worker->options->credential_channel, 0, credential, refused);
}

/* Why there is no credential: `result` of await_credential, not CREDENTIAL_GRANTED. */
static void
explain_refusal(int result, const struct credential_refused *refused, struct outcome *failure)
{
	if (result < 0)
		outcome_failure(STAGE_CONNECT, "4.7.0", failure, "waiting for a credential: %s",
		    strerror(errno));
	else if (result == 0)
		outcome_failure(
		    STAGE_CONNECT, "4.7.0", failure, "waiting for a credential: the agent is gone");
	else
		outcome_failure(STAGE_CONNECT, "4.7.0", failure, "%s", refused->text);
	if (result <= 0)
		return;
	failure->hold = refused->retry_after;
	strlcpy(failure->advice, refused->advice, sizeof(failure->advice));
	if (refused->reason == CREDENTIAL_NEEDS_PERSON)
		failure->profile = PROFILE_SUSPEND;
}

/*
 * The relay did not take the credential. Where the agent has another one, the failure stays
 * PROFILE_NEW_TOKEN: a new connection is needed, and the sandbox lets only a new worker
 * open one. Otherwise the agent's answer decides what becomes of the profile.
 */
static void
report_rejection(struct worker *worker, struct outcome *failure)
{
	int channel = worker->options->credential_channel;
	struct credential credential;
	struct credential_refused refused;
	struct outcome answer;
	int result = -1;

	if (credential_send_rejected(channel, worker->generation, failure->text) == 0)
		result = await_credential(worker, &credential, &refused);
	explicit_bzero(&credential, sizeof(credential));
	if (result == CREDENTIAL_GRANTED)
		return;
	explain_refusal(result, &refused, &answer);
	failure->profile = answer.profile;
	failure->hold = answer.hold;
	strlcpy(failure->advice, answer.advice, sizeof(failure->advice));
	if (strstr(answer.text, failure->text) != NULL) {
		strlcpy(failure->text, answer.text, sizeof(failure->text));
		return;
	}
	strlcat(failure->text, "; ", sizeof(failure->text));
	strlcat(failure->text, answer.text, sizeof(failure->text));
}

static _Noreturn void
end_failed(struct worker *worker, const struct outcome *failure)
{
	struct work_failed failed = {.outcome = *failure};

	hang_up(worker, is_conversing(worker, failure));
	if (failed.outcome.profile == PROFILE_NEW_TOKEN)
		report_rejection(worker, &failed.outcome);
	strlcpy(failed.relay, worker->connection.relay, sizeof(failed.relay));
	(void)work_send_failed(worker->options->runner_channel, &failed);
	work_close(worker->options->runner_channel);
	_exit(0);
}

static void
get_credential(struct worker *worker, struct credential *credential)
{
	struct credential_refused refused;
	struct outcome failure;
	int result;

	memset(credential, 0, sizeof(*credential));
	if (worker->options->profile->username == NULL)
		return; /* CREDENTIAL_NONE */
	result = await_credential(worker, credential, &refused);
	if (result == CREDENTIAL_GRANTED) {
		worker->generation = credential->generation;
		return;
	}
	explain_refusal(result, &refused, &failure);
	end_failed(worker, &failure);
}

/* Resolve, connect, lock in, open the stream: from here on nothing else can be reached. */
static int
reach(struct worker *worker, struct outcome *failure)
{
	const struct worker_options *options = worker->options;
	const struct config_profile *profile = options->profile;
	uint64_t deadline = clock_monotonic_ms() + (uint64_t)profile->timeouts.connect * 1000;
	struct error error;

	if (connect_relay(profile->host, profile->port, options->runner_channel, deadline,
		&worker->connection, &error) < 0) {
		outcome_failure(STAGE_CONNECT, "4.4.1", failure, "%s", error.text);
		return -1;
	}
	worker->session = (struct session){
	    .config = options->config,
	    .profile = profile,
	    .stream = stream_new(worker->connection.fd, options->runner_channel),
	    .loopback = worker->connection.loopback,
	};
	if (worker->session.stream == NULL) {
		outcome_failure(STAGE_CONNECT, "4.3.0", failure, "out of memory");
		return -1;
	}
	if (sandbox_enter(options->config->sandbox, &error) < 0) {
		outcome_failure(STAGE_CONNECT, "4.3.0", failure, "%s", error.text);
		failure->profile = PROFILE_SUSPEND;
		return -1;
	}
	return 0;
}

static void
establish(struct worker *worker)
{
	struct credential credential;
	struct outcome failure;
	int result;

	get_credential(worker, &credential);
	result = reach(worker, &failure);
	if (result == 0)
		result = session_open(&worker->session, worker->options->trust, &failure);
	if (result == 0)
		result = login(&worker->session, &credential, &failure);
	explicit_bzero(&credential, sizeof(credential));
	if (result < 0)
		end_failed(worker, &failure);
}

static void
announce(struct worker *worker)
{
	const struct hello *hello = &worker->session.hello;
	struct work_ready ready = {
	    .dsn = (hello->extensions & HELLO_DSN) != 0,
	    .size = hello->size,
	    .connect_seconds = (double)(clock_monotonic_ms() - worker->began) / 1000,
	};

	strlcpy(ready.relay, worker->connection.relay, sizeof(ready.relay));
	(void)work_send_ready(worker->options->runner_channel, &ready);
}

static void
deliver(struct worker *worker, struct channel_message *message)
{
	unsigned most = worker->options->profile->limits.messages_per_connection;
	enum transaction_end end;
	struct work_deliver work;
	struct outcome failure;
	int file = channel_take_fd(message, 0);

	if (file < 0 || work_unpack_deliver(message, &work) < 0) {
		outcome_failure(STAGE_MAIL, "4.3.0", &failure, "malformed order");
		end_failed(worker, &failure);
	}
	end = transaction_run(
	    &worker->pipeline, &work, file, worker->options->runner_channel, &failure);
	free(work.indexes);
	close(file);
	if (end == TRANSACTION_FAILED)
		end_failed(worker, &failure);
	if (end == TRANSACTION_CLOSE)
		end_closed(worker, false);
	if (++worker->messages == most)
		end_closed(worker, true);
}

/* Take the next order. The runner's end means ours, at once. */
static void
obey(struct worker *worker, struct channel_message *message)
{
	if (channel_receive(worker->options->runner_channel, message) <= 0)
		_exit(0);
	if (message->type == WORK_DELIVER)
		deliver(worker, message);
	else if (message->type == WORK_QUIT)
		end_closed(worker, true);
}

static _Noreturn void
serve(struct worker *worker)
{
	struct stream *stream = worker->session.stream;
	uint64_t idle_until = clock_monotonic_ms() + IDLE_MS;
	struct channel_message message;

	if (channel_message_init(&message) < 0)
		end_closed(worker, true);
	for (;;) {
		struct pollfd pollfds[2] = {
		    {.fd = worker->options->runner_channel, .events = POLLIN},
		    {.fd = stream_socket(stream), .events = POLLIN},
		};
		uint64_t now = clock_monotonic_ms();
		int count;

		/* A relay that speaks unasked says 421, or nothing more at all. */
		if (stream_has_input(stream) != 0 || now >= idle_until)
			end_closed(worker, true);
		count = poll(pollfds, 2, (int)(idle_until - now));
		if (count > 0 && pollfds[0].revents != 0 && pollfds[1].revents == 0) {
			obey(worker, &message);
			idle_until = clock_monotonic_ms() + IDLE_MS;
		}
	}
}

_Noreturn void
worker_run(const struct worker_options *options)
{
	struct worker worker = {.options = options, .began = clock_monotonic_ms()};

	establish(&worker);
	pipeline_begin(&worker.pipeline, &worker.session);
	announce(&worker);
	serve(&worker);
}
