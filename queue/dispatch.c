/* SPDX-License-Identifier: ISC */
#include "queue/dispatch.h"

#include <errno.h>
#include <stdlib.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/pack.h"
#include "oauth/agent.h"
#include "queue/connection.h"
#include "queue/delivery/work.h"
#include "queue/depart.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/reading.h"
#include "queue/worker_start.h"

/* Messages a worker has at a time: the one on the wire and the one that follows. */
#define WINDOW 2

/* So many due messages for each connection that is open make another one worth its
 * login. */
#define WORTH_A_CONNECTION 8

#define UNREADABLE_MS 60000
#define NO_PROCESS_MS 1000

struct dispatch {
	struct connector connector;
	uint64_t next_transaction;
};

struct dispatch *
dispatch_new(struct context *context, struct settle *settle,
    void (*changed)(struct lane *lane, void *arg), void *arg)
{
	struct dispatch *dispatch = calloc(1, sizeof(*dispatch));

	if (dispatch == NULL)
		return NULL;
	dispatch->connector = (struct connector){
	    .context = context,
	    .settle = settle,
	    .changed = changed,
	    .arg = arg,
	    .agent = -1,
	    .launcher = -1,
	};
	if (channel_message_init(&dispatch->connector.message) < 0) {
		free(dispatch);
		return NULL;
	}
	return dispatch;
}

void
dispatch_set_agent(struct dispatch *dispatch, int channel)
{
	dispatch->connector.agent = channel;
}

void
dispatch_set_launcher(struct dispatch *dispatch, int channel)
{
	dispatch->connector.launcher = channel;
}

size_t
dispatch_count(const struct dispatch *dispatch)
{
	return dispatch->connector.count;
}

/* ---- which message, for which recipients ---- */

static uint32_t
choose_recipients(struct loaded *loaded, struct lane *lane, uint32_t *indexes, uint32_t most)
{
	size_t archive = loaded->envelope.recipient_count;
	uint32_t count = 0;

	for (uint32_t i = 0; i < archive && count < most; i++)
		if (loaded->fates[i] == FATE_PENDING && loaded->lanes[i] == lane)
			indexes[count++] = i;
	if (count > 0 && lane->profile->archive != NULL && loaded->fates[archive] == FATE_PENDING) {
		loaded->lanes[archive] = lane;
		indexes[count++] = (uint32_t)archive;
	}
	return count;
}

/* Read the message if it is not, and see that the unit still has something here. */
static bool
prepare(struct dispatch *dispatch, struct unit *unit)
{
	struct context *context = dispatch->connector.context;
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
	lane_return(lane, unit, clock_monotonic_ms() + UNREADABLE_MS);
	return false;
}

/* A transaction of the unit's next recipients. Null and ENOMEM, or null and 0 where
 * nobody is left for the relay. */
static struct transaction *
make_transaction(struct dispatch *dispatch, struct unit *unit)
{
	struct loaded *loaded = unit->message->loaded;
	uint32_t most = unit->lane->profile->limits.recipients_per_message;
	struct transaction *transaction;
	uint32_t *indexes;
	uint32_t count;

	if (most > WORK_RECIPIENTS_MAX - 1)
		most = WORK_RECIPIENTS_MAX - 1;
	indexes = calloc((size_t)most + 1, sizeof(*indexes));
	if (indexes == NULL)
		return NULL;
	count = choose_recipients(loaded, unit->lane, indexes, most);
	transaction = count == 0 ? NULL : transaction_new(unit, indexes, count);
	if (transaction == NULL) {
		free(indexes);
		errno = count == 0 ? 0 : ENOMEM;
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++)
		loaded->fates[indexes[i]] = FATE_BUSY;
	transaction->number = ++dispatch->next_transaction;
	transaction->delays[0] = (double)loaded_age_us(loaded) / 1000000 -
				 (double)(clock_monotonic_ms() - unit->ready_ms) / 1000;
	if (transaction->delays[0] < 0)
		transaction->delays[0] = 0;
	return transaction;
}

/* Begin what there is to do for a unit whose message is loaded. */
static void
begin(struct dispatch *dispatch, struct connection *connection, struct unit *unit)
{
	struct transaction *transaction = make_transaction(dispatch, unit);

	dispatch->connector.context->active_count++;
	if (transaction != NULL) {
		lane_spend_rate(unit->lane, clock_monotonic_ms());
		connection_give(connection, transaction);
	} else if (errno == ENOMEM) {
		settle_postpone(dispatch->connector.settle, unit);
	} else {
		settle_without_relay(dispatch->connector.settle, unit);
	}
}

/* ---- when, and over which connection ---- */

static struct connection *
find_connection(struct dispatch *dispatch, struct lane *lane, uint64_t now)
{
	/* One message on one connection shows whether the relay is there again. */
	unsigned window = lane->state.proven ? WINDOW : 1;
	unsigned limit = lane->state.proven ? lane->state.slots : 1;
	struct connection *connection;

	LIST_FOREACH(connection, &lane->connections, entry)
	if (connection_may_take(connection, window) && connection->outstanding == 0)
		return connection;
	if (lane->connection_count < limit &&
	    lane_count_ready(lane, now) >= lane->connection_count * WORTH_A_CONNECTION) {
		connection = connection_open(&dispatch->connector, lane);
		if (connection != NULL || lane->connection_count == 0)
			return connection;
	}
	LIST_FOREACH(connection, &lane->connections, entry)
	if (connection_may_take(connection, window))
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
	struct context *context = dispatch->connector.context;
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
		if (!had_its_attempt(context, unit) && prepare(dispatch, unit))
			begin(dispatch, connection, unit);
	}
	if (wait == 0) {
		uint64_t due = lane_next_due(lane);

		wait = due == UINT64_MAX ? UINT64_MAX : due > now ? due - now : 0;
	} else if (lane->unit_count == 0) {
		wait = UINT64_MAX;
	}
	set_timer(lane, wait);
}

static void
tell_agent(const struct dispatch *dispatch, enum agent_message type, const char *profile)
{
	unsigned char body[CONFIG_NAME_MAX + 16];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, profile);
	/* Without an agent there is nothing to forget: the next one begins anew. */
	if (dispatch->connector.agent >= 0)
		(void)channel_send(dispatch->connector.agent, type, body, packer.length, NULL, 0);
}

int
dispatch_start_worker(struct dispatch *dispatch, const char *profile, bool fresh)
{
	if (fresh)
		tell_agent(dispatch, AGENT_RETRY, profile);
	return worker_start(dispatch->connector.agent, dispatch->connector.launcher, profile, true);
}

void
dispatch_probe(struct dispatch *dispatch, struct lane *lane)
{
	tell_agent(dispatch, AGENT_PROBE, lane->name);
}
