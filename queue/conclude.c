/* SPDX-License-Identifier: ISC */
#include "queue/conclude.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/clock.h"
#include "config/log.h"
#include "queue/bounce.h"
#include "queue/depart.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/reading.h"
#include "queue/retry.h"
#include "queue/spool/history.h"

/* How long a notification that could not be accepted waits for the next try. */
#define UNTOLD_RETRY_S 60

struct conclude {
	struct context *context;
	void (*enqueue)(uint64_t id, void *arg);
	void *arg;
	size_t count; /* notifications on their way to the disk */
};

struct conclude *
conclude_new(struct context *context, void (*enqueue)(uint64_t id, void *arg), void *arg)
{
	struct conclude *conclude = calloc(1, sizeof(*conclude));

	if (conclude == NULL)
		return NULL;
	conclude->context = context;
	conclude->enqueue = enqueue;
	conclude->arg = arg;
	return conclude;
}

void
conclude_free(struct conclude *conclude)
{
	free(conclude);
}

size_t
conclude_count(const struct conclude *conclude)
{
	return conclude->count;
}

static void
told(enum bounce_result result, uint64_t id, void *arg)
{
	struct conclude *conclude = arg;

	if (result == BOUNCE_TOLD)
		conclude->enqueue(id, conclude->arg);
	conclude->count--;
}

/* Tell the sender once that it takes longer: only where the relay itself deferred
 * the message, and where the warning has a way out. */
static void
maybe_warn(struct conclude *conclude, struct unit *unit, const char *relay)
{
	struct context *context = conclude->context;
	struct loaded *loaded = unit->message->loaded;
	struct history_line line = {.event = HISTORY_BOUNCE, .index = -1, .reply = "warning"};
	struct report_recipient *recipients;
	size_t count = 0;

	if (context->config->queue.delay_warning == 0 ||
	    loaded_age_us(loaded) < (uint64_t)context->config->queue.delay_warning * 1000000 ||
	    loaded->warned || loaded->envelope.sender[0] == '\0' ||
	    unit->lane->state.condition != CONDITION_READY)
		return;
	recipients = calloc(loaded->envelope.recipient_count, sizeof(*recipients));
	if (recipients == NULL)
		return;
	for (size_t i = 0; i < loaded->envelope.recipient_count; i++)
		if (loaded->fates[i] == FATE_DEFERRED && loaded->lanes[i] == unit->lane)
			recipients[count++] = (struct report_recipient){
			    .recipient = &loaded->envelope.recipients[i],
			    .enhanced = "4.4.7",
			    .reply = loaded->replies[i] == NULL ? "" : loaded->replies[i],
			    .remote = relay,
			};
	/* Noted before it is sent: once too few beats once too often. */
	loaded->warned = true;
	(void)history_append(
	    &context->spool, unit->message->id, loaded->envelope.key, clock_wall_us(), &line, 1);
	conclude->count++;
	bounce_send(context, REPORT_DELAYED, unit->message->id, &loaded->envelope, loaded->file,
	    recipients, count, told, conclude);
	free(recipients);
}

void
conclude_tell_relayed(struct conclude *conclude, const struct transaction *transaction)
{
	const struct message *message = transaction->unit->message;
	const struct loaded *loaded = message->loaded;
	const struct envelope *envelope = &loaded->envelope;
	struct report_recipient *recipients;
	size_t count = 0;

	if (transaction->dsn || envelope->sender[0] == '\0')
		return;
	recipients = calloc(transaction->count, sizeof(*recipients));
	if (recipients == NULL)
		return;
	for (uint32_t i = 0; i < transaction->count; i++) {
		const struct verdict *verdict = &transaction->verdicts[i];
		uint32_t index = transaction->indexes[i];

		if (!verdict->given || verdict->class != OUTCOME_DELIVERED ||
		    index >= envelope->recipient_count ||
		    (envelope->recipients[index].notify & NOTIFY_SUCCESS) == 0)
			continue;
		recipients[count++] = (struct report_recipient){
		    .recipient = &envelope->recipients[index],
		    .enhanced = verdict->enhanced,
		    .reply = verdict->reply == NULL ? "" : verdict->reply,
		    .remote = transaction->relay,
		};
	}
	if (count > 0) {
		conclude->count++;
		bounce_send(conclude->context, REPORT_RELAYED, message->id, envelope, loaded->file,
		    recipients, count, told, conclude);
	}
	free(recipients);
}

/* The unit waits for its next attempt. */
static void
schedule(struct conclude *conclude, struct unit *unit, bool only_untold)
{
	struct context *context = conclude->context;
	const struct config_queue *queue = &context->config->queue;
	struct loaded *loaded = unit->message->loaded;
	uint64_t now_us = clock_wall_us();
	uint64_t end_us = loaded->envelope.received_us + (uint64_t)queue->lifetime * 1000000;
	uint64_t delay =
	    only_untold ? retry_jitter(UNTOLD_RETRY_S * 1000)
			: retry_delay(queue->retry_minimum, queue->retry_maximum, loaded->attempts);

	/* The last attempt falls on the end of the lifetime, not after it. */
	if (end_us > now_us && now_us + delay * 1000 > end_us)
		delay = (end_us - now_us) / 1000 + 1;
	if (history_schedule(&context->spool, unit->message->id,
		(time_t)((now_us + delay * 1000) / 1000000)) < 0)
		maillog_note(LOG_WARNING, unit->message->id, "cannot note its next attempt: %s",
		    strerror(errno));
	/* Another unit may keep the message loaded until then. */
	for (size_t i = 0; i < loaded->count; i++)
		if (loaded->fates[i] == FATE_DEFERRED && loaded->lanes[i] == unit->lane)
			loaded->fates[i] = FATE_PENDING;
	unit->counted = false;
	lane_return(unit->lane, unit, clock_monotonic_ms() + delay);
	if (context->one_pass)
		unit->tried = true;
}

static bool
anyone_on_the_wire(const struct message *message)
{
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->busy)
			return true;
	return false;
}

/* On the wire, or between two parts of one attempt: what is loaded is still needed. So is
 * a failure that no full disk took: the relay is not to be asked again. */
static bool
anyone_at_work(const struct message *message)
{
	if (message->unrecorded)
		return true;
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->busy || unit->counted)
			return true;
	return false;
}

/* Decide what becomes of a unit whose results have been acted on. */
void
conclude_unit(struct conclude *conclude, struct unit *unit, const char *relay, uint64_t penalty_ms)
{
	struct message *message = unit->message;
	struct loaded *loaded = message->loaded;
	struct lane *lane = unit->lane;
	size_t deferred = loaded_count(loaded, lane, FATE_DEFERRED);
	size_t untold = loaded_count(loaded, lane, FATE_UNTOLD);

	conclude->context->active_count--;
	if (loaded_count(loaded, lane, FATE_PENDING) > 0) {
		/* The next part of a large message comes first. What was not decided goes
		 * behind the others, so that probes do not all carry the same message. */
		lane_return(lane, unit,
		    unit->counted && penalty_ms == 0 ? 0 : clock_monotonic_ms() + penalty_ms);
	} else if (deferred + untold > 0) {
		if (deferred > 0)
			maybe_warn(conclude, unit, relay);
		schedule(conclude, unit, deferred == 0);
	} else {
		lane_remove(lane, unit);
		message_drop_unit(message, unit);
	}
	if (message->units == NULL && !loaded_has_open(loaded))
		depart_finished(conclude->context, message);
	else if (message->units == NULL || (message->misplaced && !anyone_on_the_wire(message)))
		reading_again(conclude->context, message, clock_monotonic_ms());
	else if (!anyone_at_work(message))
		loaded_close(message);
	lane_wake(lane);
}
