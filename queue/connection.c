/* SPDX-License-Identifier: ISC */
#include "queue/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/pack.h"
#include "oauth/agent.h"
#include "queue/advice.h"
#include "queue/delivery/launcher.h"
#include "queue/delivery/work.h"
#include "queue/depart.h"
#include "queue/loaded.h"

/* A message whose worker died waits, so that one bad message cannot hold the rest. */
#define PENALTY_MS 60000

/* A worker that talks without end does not keep the others waiting. */
#define REPORTS_A_TURN 64

/* ---- the end of a connection ---- */

/* Its transactions are settled by what is known of them. */
static void
give_back(struct connection *connection, uint64_t penalty_ms)
{
	struct transaction *transaction;

	while ((transaction = LIST_FIRST(&connection->transactions)) != NULL) {
		LIST_REMOVE(transaction, entry);
		connection->outstanding--;
		transaction->penalty_ms = penalty_ms;
		strlcpy(transaction->relay, connection->relay, sizeof(transaction->relay));
		settle_transaction(connection->connector->settle, transaction);
	}
}

static void
release(struct connection *connection)
{
	struct lane *lane = connection->lane;

	loop_forget(connection->connector->context->loop, connection->channel);
	close(connection->channel);
	LIST_REMOVE(connection, entry);
	lane->connection_count--;
	connection->connector->count--;
	free(connection);
	lane_wake(lane);
}

static void
profile_failed(struct connection *connection, const struct outcome *outcome)
{
	struct connector *connector = connection->connector;
	struct lane *lane = connection->lane;
	bool changed =
	    profile_state_failed(&lane->state, outcome, &connector->context->config->queue,
		lane->connection_count - 1, time(NULL), clock_monotonic_ms());

	if (profile_state_probes(&lane->state))
		advice_on_outcome(lane->profile, outcome, lane->state.advice);
	log_write(LOG_WARNING, "smtp", "profile %s: %s%s%s", lane->name,
	    connection->relay[0] != '\0' ? connection->relay : "",
	    connection->relay[0] != '\0' ? ": " : "", outcome->text);
	if (changed)
		connector->changed(lane, connector->arg);
}

static void
worker_gone(struct connection *connection)
{
	struct outcome outcome;
	uint64_t penalty = 0;

	if (!connection->reported) {
		outcome_failure(STAGE_CONNECT, "4.3.0", &outcome, "the worker died unexpectedly");
		profile_failed(connection, &outcome);
		penalty = PENALTY_MS;
	} else if (!connection->failed && !connection->useful && connection->outstanding > 0) {
		/* Or the next connection would end the same way, without any pause. */
		outcome_failure(STAGE_MAIL, "4.4.2", &outcome,
		    "the relay closed the connection before the first message");
		profile_failed(connection, &outcome);
	}
	give_back(connection, penalty);
	release(connection);
}

static void
close_politely(struct connection *connection)
{
	if (connection->closing)
		return;
	connection->closing = true;
	(void)work_send_quit(connection->channel);
}

void
connection_close_all(struct lane *lane)
{
	struct connection *connection;

	LIST_FOREACH(connection, &lane->connections, entry)
	close_politely(connection);
}

/* ---- what the worker says ---- */

static struct transaction *
find_transaction(const struct connection *connection, uint64_t number)
{
	struct transaction *transaction;

	LIST_FOREACH(transaction, &connection->transactions, entry)
	if (transaction->number == number)
		return transaction;
	return NULL;
}

static bool
take_ready(struct connection *connection, const struct channel_message *message)
{
	struct work_ready ready;

	if (work_unpack_ready(message, &ready) < 0)
		return false;
	connection->ready = true;
	connection->connect_seconds = ready.connect_seconds;
	strlcpy(connection->relay, ready.relay, sizeof(connection->relay));
	return true;
}

static bool
take_result(struct connection *connection, const struct channel_message *message)
{
	struct connector *connector = connection->connector;
	struct work_result result;
	struct transaction *transaction;

	if (work_unpack_result(message, &result) < 0)
		return false;
	transaction = find_transaction(connection, result.transaction);
	if (transaction == NULL)
		return false;
	if (result.outcome.scope == SCOPE_PROFILE) {
		profile_failed(connection, &result.outcome);
		return true;
	}
	transaction_note(transaction, result.index, &result.outcome);
	if (profile_state_proved(&connection->lane->state, time(NULL)))
		connector->changed(connection->lane, connector->arg);
	return true;
}

/* The file is not what was accepted: keep it out of the way, tell nobody lies. */
static void
set_aside(struct connection *connection, struct transaction *transaction)
{
	struct context *context = connection->connector->context;
	struct message *message = transaction->unit->message;
	bool others = false;

	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit != transaction->unit && unit->busy)
			others = true;
	if (others) {
		transaction->penalty_ms = PENALTY_MS;
		settle_transaction(connection->connector->settle, transaction);
		return;
	}
	context->active_count--;
	transaction_free(transaction);
	depart_corrupt(context, message, "its checksum is wrong");
}

static bool
take_ended(struct connection *connection, const struct channel_message *message)
{
	struct work_ended ended;
	struct transaction *transaction;
	double waited;

	if (work_unpack_ended(message, &ended) < 0)
		return false;
	transaction = find_transaction(connection, ended.transaction);
	if (transaction == NULL)
		return false;
	LIST_REMOVE(transaction, entry);
	connection->outstanding--;
	connection->useful = true;
	if (ended.corrupt) {
		set_aside(connection, transaction);
		return true;
	}
	strlcpy(transaction->relay, connection->relay, sizeof(transaction->relay));
	strlcpy(transaction->from, ended.from, sizeof(transaction->from));
	strlcpy(transaction->reply_to, ended.reply_to, sizeof(transaction->reply_to));
	waited = (double)(clock_monotonic_ms() - transaction->unit->ready_ms) / 1000;
	transaction->delays[3] = ended.transmission_seconds;
	transaction->delays[2] = connection->connect_seconds;
	waited -= transaction->delays[2] + transaction->delays[3];
	transaction->delays[1] = waited > 0 ? waited : 0;
	connection->connect_seconds = 0;
	/* A worker that decides nothing is not asked again at once. */
	if (!transaction_reached(transaction))
		transaction->penalty_ms = PENALTY_MS;
	settle_transaction(connection->connector->settle, transaction);
	return true;
}

static bool
take_failed(struct connection *connection, const struct channel_message *message)
{
	struct work_failed failed;

	if (work_unpack_failed(message, &failed) < 0)
		return false;
	if (failed.relay[0] != '\0')
		strlcpy(connection->relay, failed.relay, sizeof(connection->relay));
	connection->closing = connection->reported = connection->failed = true;
	profile_failed(connection, &failed.outcome);
	return true;
}

static bool
take(struct connection *connection, const struct channel_message *message)
{
	switch (message->type) {
	case WORK_READY:
		return take_ready(connection, message);
	case WORK_RESULT:
		return take_result(connection, message);
	case WORK_ENDED:
		return take_ended(connection, message);
	case WORK_FAILED:
		return take_failed(connection, message);
	case WORK_CLOSED:
		connection->closing = connection->reported = true;
		return true;
	default:
		return false;
	}
}

static void
worker_speaks(int fd, uint32_t events, void *arg)
{
	struct connection *connection = arg;
	struct channel_message *message = &connection->connector->message;

	(void)events;
	for (int i = 0; i < REPORTS_A_TURN; i++) {
		int result = channel_receive(fd, message);

		if (result < 0 && errno == EAGAIN)
			break;
		/* A worker that does not speak the protocol was captured or is broken. */
		if (result <= 0 || !take(connection, message)) {
			worker_gone(connection);
			return;
		}
	}
	lane_wake(connection->lane);
}

/* ---- opening ---- */

static int
ask_processes(
    const struct connector *connector, const char *profile, int work, const int credential[2])
{
	unsigned char body[CONFIG_NAME_MAX + 16];
	const int worker_fds[2] = {work, credential[1]};
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, profile);
	if (channel_send(
		connector->agent, AGENT_CREDENTIAL, body, packer.length, &credential[0], 1) < 0)
		return -1;
	return channel_send(
	    connector->launcher, LAUNCHER_START, body, packer.length, worker_fds, 2);
}

struct connection *
connection_open(struct connector *connector, struct lane *lane)
{
	struct connection *connection = NULL;
	int work[2] = {-1, -1};
	int credential[2] = {-1, -1};

	if (connector->agent < 0 || connector->launcher < 0)
		return NULL;
	if (channel_pair(work) < 0 || channel_pair(credential) < 0)
		goto out;
	(void)fcntl(work[0], F_SETFL, O_NONBLOCK);
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		goto out;
	connection->connector = connector;
	connection->lane = lane;
	connection->channel = work[0];
	LIST_INIT(&connection->transactions);
	if (ask_processes(connector, lane->name, work[1], credential) < 0 ||
	    loop_watch(connector->context->loop, work[0], EPOLLIN, worker_speaks, connection) < 0) {
		free(connection);
		connection = NULL;
		goto out;
	}
	LIST_INSERT_HEAD(&lane->connections, connection, entry);
	lane->connection_count++;
	connector->count++;
	work[0] = -1;
out:
	for (int i = 0; i < 2; i++) {
		if (work[i] >= 0)
			close(work[i]);
		if (credential[i] >= 0)
			close(credential[i]);
	}
	return connection;
}

/* ---- handing over ---- */

bool
connection_may_take(const struct connection *connection, unsigned window)
{
	return !connection->closing && connection->outstanding < (connection->ready ? window : 1);
}

static void
name_user(const struct lane *lane, uid_t uid, char *user, size_t size)
{
	const struct passwd *passwd = NULL;

	/* The name service may be slow: it is asked only where its answer is used. */
	if (lane->profile->reply_to != NULL && strstr(lane->profile->reply_to, "{user}") != NULL)
		passwd = getpwuid(uid);
	if (passwd != NULL)
		strlcpy(user, passwd->pw_name, size);
	else
		(void)snprintf(user, size, "%lu", (unsigned long)uid);
}

void
connection_give(struct connection *connection, struct transaction *transaction)
{
	const struct message *message = transaction->unit->message;
	struct work_deliver deliver = {
	    .transaction = transaction->number,
	    .id = message->id,
	    .count = transaction->count,
	    .indexes = transaction->indexes,
	};

	LIST_INSERT_HEAD(&connection->transactions, transaction, entry);
	connection->outstanding++;
	name_user(
	    connection->lane, message->loaded->envelope.uid, deliver.user, sizeof(deliver.user));
	/* A worker that closed in this moment has said why, and that is still to be read;
	 * with its end the transaction comes back. */
	if (work_send_deliver(connection->channel, &deliver, message->loaded->file) < 0)
		close_politely(connection);
}
