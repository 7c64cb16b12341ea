/* SPDX-License-Identifier: ISC */
#include "queue/dispatch.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/channel.h"
#include "config/clock.h"
#include "config/log.h"
#include "config/pack.h"
#include "oauth/agent.h"
#include "oauth/diagnose.h"
#include "queue/delivery/launcher.h"
#include "queue/delivery/work.h"
#include "queue/depart.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/reading.h"

/* Messages a worker has at a time: the one on the wire and the one that follows. */
#define WINDOW 2

/* So many due messages for each connection that is open make another one worth its
 * login. */
#define WORTH_A_CONNECTION 8

/* A message whose worker died waits, so that one bad message cannot hold the rest. */
#define PENALTY_MS 60000
#define NO_PROCESS_MS 1000

struct connection {
	LIST_ENTRY(connection) entry; /* in its lane */
	struct dispatch *dispatch;
	struct lane *lane;
	int channel;
	bool ready;    /* logged in */
	bool closing;  /* takes nothing more */
	bool reported; /* said why it ends */
	char relay[320];
	double connect_seconds; /* charged to the first transaction, then 0 */
	LIST_HEAD(, transaction) transactions;
	unsigned outstanding;
};

struct dispatch {
	struct context *context;
	struct settle *settle;
	void (*changed)(struct lane *lane, void *arg);
	void *arg;
	int agent;
	int launcher;
	uint64_t next_transaction;
	size_t count;
	struct channel_message message;
};

struct dispatch *
dispatch_new(struct context *context, struct settle *settle,
    void (*changed)(struct lane *lane, void *arg), void *arg)
{
	struct dispatch *dispatch = calloc(1, sizeof(*dispatch));

	if (dispatch == NULL)
		return NULL;
	if (channel_message_init(&dispatch->message) < 0) {
		free(dispatch);
		return NULL;
	}
	dispatch->context = context;
	dispatch->settle = settle;
	dispatch->changed = changed;
	dispatch->arg = arg;
	dispatch->agent = dispatch->launcher = -1;
	return dispatch;
}

void
dispatch_set_agent(struct dispatch *dispatch, int channel)
{
	dispatch->agent = channel;
}

void
dispatch_set_launcher(struct dispatch *dispatch, int channel)
{
	dispatch->launcher = channel;
}

size_t
dispatch_count(const struct dispatch *dispatch)
{
	return dispatch->count;
}

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
		settle_transaction(connection->dispatch->settle, transaction);
	}
}

static void
connection_free(struct connection *connection)
{
	struct lane *lane = connection->lane;

	loop_forget(connection->dispatch->context->loop, connection->channel);
	close(connection->channel);
	LIST_REMOVE(connection, entry);
	lane->connection_count--;
	connection->dispatch->count--;
	free(connection);
	lane_wake(lane);
}

static void
profile_failed(struct connection *connection, const struct outcome *outcome)
{
	struct dispatch *dispatch = connection->dispatch;
	struct lane *lane = connection->lane;
	bool changed = profile_state_failed(&lane->state, outcome,
	    &dispatch->context->config->queue, lane->connection_count - 1, time(NULL),
	    clock_monotonic_ms());
	const char *advice = diagnose_smtp(lane->profile == NULL ? NULL : lane->profile->provider,
	    outcome->code, outcome->enhanced, outcome->text);

	if (lane->state.condition != CONDITION_READY && advice != NULL)
		strlcpy(lane->state.advice, advice, sizeof(lane->state.advice));
	log_write(LOG_WARNING, "smtp", "profile %s: %s%s%s", lane->name,
	    connection->relay[0] != '\0' ? connection->relay : "",
	    connection->relay[0] != '\0' ? ": " : "", outcome->text);
	if (changed)
		dispatch->changed(lane, dispatch->arg);
}

static void
worker_gone(struct connection *connection)
{
	uint64_t penalty = 0;

	if (!connection->reported) {
		struct outcome outcome;

		outcome_failure(STAGE_CONNECT, "4.3.0", &outcome, "the worker died unexpectedly");
		profile_failed(connection, &outcome);
		penalty = PENALTY_MS;
	}
	give_back(connection, penalty);
	connection_free(connection);
}

void
dispatch_free(struct dispatch *dispatch)
{
	struct lane *lane;

	if (dispatch == NULL)
		return;
	LIST_FOREACH(lane, &dispatch->context->lanes, entry) {
		struct connection *connection;

		while ((connection = LIST_FIRST(&lane->connections)) != NULL) {
			struct transaction *transaction;

			while ((transaction = LIST_FIRST(&connection->transactions)) != NULL) {
				LIST_REMOVE(transaction, entry);
				transaction_free(transaction);
			}
			connection_free(connection);
		}
	}
	channel_message_free(&dispatch->message);
	free(dispatch);
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
	struct dispatch *dispatch = connection->dispatch;
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
		dispatch->changed(connection->lane, dispatch->arg);
	return true;
}

/* The file is not what was accepted: keep it out of the way, tell nobody lies. */
static void
set_aside(struct connection *connection, struct transaction *transaction)
{
	struct message *message = transaction->unit->message;
	bool others = false;

	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit != transaction->unit && unit->busy)
			others = true;
	if (others) {
		transaction->penalty_ms = PENALTY_MS;
		settle_transaction(connection->dispatch->settle, transaction);
		return;
	}
	connection->dispatch->context->active_count--;
	transaction_free(transaction);
	depart_corrupt(connection->dispatch->context, message, "its checksum is wrong");
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
	settle_transaction(connection->dispatch->settle, transaction);
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
	connection->closing = connection->reported = true;
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
connection_ready(int fd, uint32_t events, void *arg)
{
	struct connection *connection = arg;
	struct dispatch *dispatch = connection->dispatch;

	(void)events;
	for (;;) {
		int result = channel_receive(fd, &dispatch->message);

		if (result < 0 && errno == EAGAIN)
			break;
		/* A worker that does not speak the protocol was captured or is broken. */
		if (result <= 0 || !take(connection, &dispatch->message)) {
			worker_gone(connection);
			return;
		}
	}
	lane_wake(connection->lane);
}

/* ---- opening a connection ---- */

static int
ask_processes(struct dispatch *dispatch, const char *profile, int work, const int credential[2])
{
	unsigned char body[CONFIG_NAME_MAX + 16];
	const int worker_fds[2] = {work, credential[1]};
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, profile);
	if (channel_send(dispatch->agent, AGENT_CREDENTIAL, body, packer.length, &credential[0], 1) <
	    0)
		return -1;
	return channel_send(
	    dispatch->launcher, LAUNCHER_START, body, packer.length, worker_fds, 2);
}

static struct connection *
open_connection(struct dispatch *dispatch, struct lane *lane)
{
	struct connection *connection = NULL;
	int work[2] = {-1, -1};
	int credential[2] = {-1, -1};

	if (dispatch->agent < 0 || dispatch->launcher < 0)
		return NULL;
	if (channel_pair(work) < 0 || channel_pair(credential) < 0)
		goto out;
	(void)fcntl(work[0], F_SETFL, O_NONBLOCK);
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		goto out;
	connection->dispatch = dispatch;
	connection->lane = lane;
	connection->channel = work[0];
	LIST_INIT(&connection->transactions);
	if (ask_processes(dispatch, lane->name, work[1], credential) < 0 ||
	    loop_watch(dispatch->context->loop, work[0], EPOLLIN, connection_ready, connection) <
	        0) {
		free(connection);
		connection = NULL;
		goto out;
	}
	LIST_INSERT_HEAD(&lane->connections, connection, entry);
	lane->connection_count++;
	dispatch->count++;
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

/* ---- handing out transactions ---- */

static uint32_t
choose_recipients(struct loaded *loaded, struct lane *lane, uint32_t *indexes, uint32_t most)
{
	size_t archive = loaded->envelope.recipient_count;
	uint32_t count = 0;

	for (uint32_t i = 0; i < archive && count < most; i++)
		if (loaded->fates[i] == FATE_PENDING && loaded->lanes[i] == lane)
			indexes[count++] = i;
	if (count > 0 && lane->profile->archive != NULL &&
	    loaded->fates[archive] == FATE_PENDING) {
		loaded->lanes[archive] = lane;
		indexes[count++] = (uint32_t)archive;
	}
	for (uint32_t i = 0; i < count; i++)
		loaded->fates[indexes[i]] = FATE_BUSY;
	return count;
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

static int
send_transaction(struct connection *connection, struct transaction *transaction)
{
	const struct loaded *loaded = transaction->unit->message->loaded;
	struct work_deliver deliver = {
	    .transaction = transaction->number,
	    .id = transaction->unit->message->id,
	    .count = transaction->count,
	    .indexes = transaction->indexes,
	};

	name_user(
	    connection->lane, loaded->envelope.uid, deliver.user, sizeof(deliver.user));
	return work_send_deliver(connection->channel, &deliver, loaded->file);
}

/* Begin the unit's next transaction. False where its connection cannot take it. */
static bool
begin_transaction(struct connection *connection, struct unit *unit)
{
	struct dispatch *dispatch = connection->dispatch;
	struct lane *lane = connection->lane;
	struct loaded *loaded = unit->message->loaded;
	uint32_t most = lane->profile->limits.recipients_per_message;
	uint32_t *indexes;
	struct transaction *transaction;
	uint32_t count;

	if (most > WORK_RECIPIENTS_MAX - 1)
		most = WORK_RECIPIENTS_MAX - 1;
	indexes = calloc((size_t)most + 1, sizeof(*indexes));
	if (indexes == NULL)
		goto no_memory;
	count = choose_recipients(loaded, lane, indexes, most);
	if (count == 0) {
		free(indexes);
		settle_without_relay(dispatch->settle, unit);
		return true;
	}
	transaction = transaction_new(unit, indexes, count);
	if (transaction == NULL) {
		free(indexes);
		goto no_memory;
	}
	transaction->number = ++dispatch->next_transaction;
	transaction->delays[0] =
	    (double)(clock_wall_us() - loaded->envelope.received_us) / 1000000 -
	    (double)(clock_monotonic_ms() - unit->ready_ms) / 1000;
	if (transaction->delays[0] < 0)
		transaction->delays[0] = 0;
	LIST_INSERT_HEAD(&connection->transactions, transaction, entry);
	connection->outstanding++;
	lane_spend_rate(lane, clock_monotonic_ms());
	return send_transaction(connection, transaction) == 0;
no_memory:
	dispatch->context->active_count--;
	lane_return(lane, unit, clock_monotonic_ms() + PENALTY_MS);
	loaded_close(unit->message);
	return true;
}

/* Read the message if it is not, and see that the unit still has something here. */
static bool
prepare(struct dispatch *dispatch, struct unit *unit)
{
	struct context *context = dispatch->context;
	struct message *message = unit->message;
	struct lane *lane = unit->lane;
	struct error error;

	if (message->loaded != NULL)
		return true;
	switch (loaded_open(context, message, &error)) {
	case LOADED_OK:
		if (loaded_count(message->loaded, lane, FATE_PENDING) +
		        loaded_count(message->loaded, lane, FATE_UNTOLD) >
		    0)
			return true;
		/* Its routes have changed, or it was finished by another unit. */
		unit->busy = false;
		reading_again(context, message, clock_monotonic_ms());
		return false;
	case LOADED_ABSENT:
		maillog_note(LOG_WARNING, message->id, "has disappeared from the queue");
		depart_forget(context, message);
		return false;
	case LOADED_CORRUPT:
		depart_corrupt(context, message, error.text);
		return false;
	case LOADED_NEWER:
	case LOADED_FAILED:
		break;
	}
	maillog_note(LOG_WARNING, message->id, "cannot be read now: %s", error.text);
	lane_return(lane, unit, clock_monotonic_ms() + PENALTY_MS);
	return false;
}

static bool
may_take(const struct connection *connection, unsigned window)
{
	return !connection->closing &&
	    connection->outstanding < (connection->ready ? window : 1);
}

static struct connection *
find_connection(struct dispatch *dispatch, struct lane *lane, uint64_t now)
{
	/* One message on one connection shows whether the relay is there again. */
	unsigned window = lane->state.proven ? WINDOW : 1;
	unsigned limit = lane->state.proven ? lane->state.slots : 1;
	struct connection *connection;

	LIST_FOREACH(connection, &lane->connections, entry)
		if (may_take(connection, window) && connection->outstanding == 0)
			return connection;
	if (lane->connection_count < limit &&
	    lane_count_ready(lane, now) >= lane->connection_count * WORTH_A_CONNECTION) {
		connection = open_connection(dispatch, lane);
		if (connection != NULL || lane->connection_count == 0)
			return connection;
	}
	LIST_FOREACH(connection, &lane->connections, entry)
		if (may_take(connection, window))
			return connection;
	return NULL;
}

/* Milliseconds until the profile's state lets a message go; 0: now. */
static uint64_t
state_wait(const struct lane *lane, uint64_t now)
{
	if (lane->state.condition == CONDITION_HELD)
		return UINT64_MAX;
	if (lane->state.proven || lane->state.next_probe <= now)
		return 0;
	return lane->state.next_probe - now;
}

static void
set_timer(struct lane *lane, uint64_t wait)
{
	if (wait == UINT64_MAX)
		loop_timer_cancel(lane->loop, &lane->timer);
	else
		loop_timer_set(lane->loop, &lane->timer, wait);
}

/* With postoakd -q a unit has one attempt. */
static bool
had_its_attempt(struct context *context, struct unit *unit)
{
	if (!context->one_pass || !unit->tried)
		return false;
	lane_return(unit->lane, unit, UINT64_MAX);
	return true;
}

void
dispatch_pump(struct dispatch *dispatch, struct lane *lane)
{
	struct context *context = dispatch->context;
	uint64_t now = clock_monotonic_ms();
	uint64_t wait;

	if (lane->profile == NULL || context->stopping || context->log_broken) {
		set_timer(lane, context->log_broken ? NO_PROCESS_MS : UINT64_MAX);
		return;
	}
	lane_regain_slots(lane, now);
	while ((wait = state_wait(lane, now)) == 0 && lane_count_ready(lane, now) > 0 &&
	    (wait = lane_wait_for_rate(lane, now)) == 0) {
		struct connection *connection = find_connection(dispatch, lane, now);
		struct unit *unit;

		if (connection == NULL) {
			/* The end of a message or connection calls this again. */
			wait = lane->connection_count == 0 ? NO_PROCESS_MS : UINT64_MAX;
			break;
		}
		unit = lane_begin(lane, now);
		if (had_its_attempt(context, unit) || !prepare(dispatch, unit))
			continue;
		context->active_count++;
		if (!begin_transaction(connection, unit)) {
			worker_gone(connection);
			return;
		}
	}
	if (wait == 0) {
		uint64_t due = lane_next_due(lane);

		wait = due == UINT64_MAX ? UINT64_MAX : due > now ? due - now : 0;
	} else if (lane->unit_count == 0) {
		wait = UINT64_MAX;
	}
	set_timer(lane, wait);
}

void
dispatch_close(struct dispatch *dispatch, struct lane *lane)
{
	struct connection *connection;

	(void)dispatch;
	LIST_FOREACH(connection, &lane->connections, entry) {
		if (connection->closing)
			continue;
		connection->closing = true;
		(void)work_send_quit(connection->channel);
	}
}

void
dispatch_probe(struct dispatch *dispatch, struct lane *lane)
{
	unsigned char body[CONFIG_NAME_MAX + 16];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, lane->name);
	/* Without an agent there is nothing to forget: the next one begins anew. */
	if (dispatch->agent >= 0)
		(void)channel_send(
		    dispatch->agent, AGENT_PROBE, body, packer.length, NULL, 0);
}
