/* SPDX-License-Identifier: ISC */
#include "queue/settle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "config/log.h"
#include "queue/advice.h"
#include "queue/bounce.h"
#include "queue/conclude.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"
#include "queue/undeliverable.h"

/* Where memory is short, another try comes so much later. */
#define POSTPONE_MS 60000

struct settle {
	struct context *context;
	struct commit *commit;
	struct conclude *conclude;
	void (*enqueue)(uint64_t id, void *arg);
	void *arg;
};

/* One transaction being settled. */
struct settlement {
	struct settle *settle;
	struct transaction *transaction;
	unsigned waiting;                /* steps that have not come back */
	bool untold;                     /* the sender could not be told of the failed */
	char bounce[QUEUE_ID_SIZE + 16]; /* who told him, for the history */
};

struct settle *
settle_new(struct context *context, struct commit *commit, void (*enqueue)(uint64_t id, void *arg),
    void *arg)
{
	struct settle *settle = calloc(1, sizeof(*settle));

	if (settle == NULL)
		return NULL;
	settle->conclude = conclude_new(context, enqueue, arg);
	if (settle->conclude == NULL) {
		free(settle);
		return NULL;
	}
	settle->context = context;
	settle->commit = commit;
	settle->enqueue = enqueue;
	settle->arg = arg;
	return settle;
}

void
settle_free(struct settle *settle)
{
	if (settle == NULL)
		return;
	conclude_free(settle->conclude);
	free(settle);
}

size_t
settle_count(const struct settle *settle)
{
	return settle->context->settling_count + conclude_count(settle->conclude);
}

static struct loaded *
loaded_of(const struct settlement *s)
{
	return s->transaction->unit->message->loaded;
}

/* ---- acting on results that are durable ---- */

static const char *status_word(enum outcome_class class)
{
	switch (class) {
	case OUTCOME_DELIVERED:
		return "sent";
	case OUTCOME_LATER:
		return "deferred";
	default:
		return "bounced";
	}
}

static void
log_verdict(const struct settlement *s, uint32_t i)
{
	const struct transaction *transaction = s->transaction;
	const struct verdict *verdict = &transaction->verdicts[i];
	struct maillog_delivery line = {
	    .to = loaded_address(loaded_of(s), transaction->unit->lane, transaction->indexes[i]),
	    .relay = transaction->relay[0] == '\0' ? NULL : transaction->relay,
	    .enhanced = verdict->enhanced,
	    .status = status_word(verdict->class),
	    .reply = verdict->reply == NULL ? "" : verdict->reply,
	    .expired = verdict->expired,
	};

	memcpy(line.delays, transaction->delays, sizeof(line.delays));
	if (verdict->class == OUTCOME_DELIVERED) {
		line.from = transaction->from;
		line.reply_to = transaction->reply_to;
	}
	maillog_delivery(transaction->unit->message->id, &line);
}

static enum history_event
event_of(const struct verdict *verdict)
{
	switch (verdict->class) {
	case OUTCOME_DELIVERED:
		return HISTORY_DELIVERED;
	case OUTCOME_LATER:
		return HISTORY_DEFERRED;
	default:
		return HISTORY_FAILED;
	}
}

static enum fate
fate_after(const struct settlement *s, const struct verdict *verdict)
{
	if (!verdict->given)
		return FATE_PENDING;
	switch (verdict->class) {
	case OUTCOME_DELIVERED:
		return FATE_SENT;
	case OUTCOME_LATER:
		return FATE_DEFERRED;
	default:
		return s->untold ? FATE_UNTOLD : FATE_FAILED;
	}
}

static void
write_history(struct settlement *s)
{
	struct transaction *transaction = s->transaction;
	struct message *message = transaction->unit->message;
	struct loaded *loaded = message->loaded;
	struct history_line *lines = calloc((size_t)transaction->count * 2 + 1, sizeof(*lines));
	size_t count = 0;

	if (lines == NULL) {
		s->settle->context->history_behind = true;
		message->unrecorded = s->untold;
		return;
	}
	if (transaction->relay[0] != '\0' && !transaction->unit->counted) {
		lines[count++] = (struct history_line){
		    .event = HISTORY_ATTEMPT, .index = -1, .reply = transaction->relay};
		transaction->unit->counted = true;
		loaded->attempts++;
	}
	for (uint32_t i = 0; i < transaction->count; i++) {
		const struct verdict *verdict = &transaction->verdicts[i];

		if (!verdict->given)
			continue;
		lines[count++] = (struct history_line){
		    .event = event_of(verdict),
		    .index = (long)transaction->indexes[i],
		    .reply = verdict->reply == NULL ? "" : verdict->reply,
		};
		if (verdict->class == OUTCOME_NEVER && !s->untold)
			lines[count++] = (struct history_line){
			    .event = HISTORY_BOUNCE,
			    .index = (long)transaction->indexes[i],
			    .reply = s->bounce,
			};
	}
	if (count > 0 && history_append(&s->settle->context->spool, message->id,
			     loaded->envelope.key, clock_wall_us(), lines, count) < 0) {
		s->settle->context->history_behind = true;
		message->unrecorded = s->untold;
		maillog_note(
		    LOG_WARNING, message->id, "cannot write its history: %s", strerror(errno));
	} else {
		message->unrecorded = false;
	}
	free(lines);
}

static void
act(struct settlement *s)
{
	struct transaction *transaction = s->transaction;
	struct loaded *loaded = loaded_of(s);

	if (transaction_reached(transaction))
		write_history(s);
	for (uint32_t i = 0; i < transaction->count; i++) {
		const struct verdict *verdict = &transaction->verdicts[i];
		uint32_t index = transaction->indexes[i];

		loaded->fates[index] = (unsigned char)fate_after(s, verdict);
		if (!verdict->given)
			continue;
		loaded_set_reply(loaded, index, verdict->reply);
		log_verdict(s, i);
	}
	/* What was cut off is a new attempt when it comes again. */
	if (!transaction_is_complete(transaction))
		transaction->unit->counted = false;
	conclude_tell_relayed(s->settle->conclude, transaction);
	conclude_unit(s->settle->conclude, transaction->unit,
	    transaction->relay[0] == '\0' ? NULL : transaction->relay, transaction->penalty_ms);
	s->settle->context->settling_count--;
	transaction_free(transaction);
	free(s);
}

static void
step_done(void *arg)
{
	struct settlement *s = arg;

	if (--s->waiting == 0)
		act(s);
}

/* ---- recording ---- */

static bool
is_archive(const struct settlement *s, uint32_t i)
{
	return s->transaction->indexes[i] >= loaded_of(s)->envelope.recipient_count;
}

/* A refused archive copy concerns nobody but the log. */
static bool
is_failure_to_tell(const struct settlement *s, uint32_t i)
{
	const struct verdict *verdict = &s->transaction->verdicts[i];

	return verdict->given && verdict->class == OUTCOME_NEVER && !is_archive(s, i);
}

static bool
is_final_at_once(const struct settlement *s, uint32_t i)
{
	const struct verdict *verdict = &s->transaction->verdicts[i];

	return verdict->given && (verdict->class == OUTCOME_DELIVERED ||
				     (verdict->class == OUTCOME_NEVER && is_archive(s, i)));
}

/* Record the final recipients that `chosen` picks; step_done follows. */
static void
record(struct settlement *s, bool (*chosen)(const struct settlement *, uint32_t))
{
	struct transaction *transaction = s->transaction;
	struct message *message = transaction->unit->message;
	struct delivered_line *lines = calloc((size_t)transaction->count + 1, sizeof(*lines));
	size_t count = 0;

	for (uint32_t i = 0; lines != NULL && i < transaction->count; i++) {
		struct delivered_line *line = &lines[count];

		if (!chosen(s, i))
			continue;
		line->id = message->id;
		strlcpy(line->key, message->loaded->envelope.key, sizeof(line->key));
		line->index = transaction->indexes[i];
		line->failed = transaction->verdicts[i].class != OUTCOME_DELIVERED;
		(void)message_add_final(message, line->index, line->failed);
		count++;
	}
	/* Without memory nothing is recorded: the results stand in memory until then, and
	 * a crash repeats them, as one before the sync does. */
	if (lines == NULL || commit_record(s->settle->commit, lines, count, step_done, s) < 0)
		step_done(s);
	free(lines);
}

static void
kept(int failure, uint64_t id, void *arg)
{
	struct settlement *s = arg;

	(void)id;
	if (failure != 0) {
		maillog_note(LOG_ERR, s->transaction->unit->message->id,
		    "cannot be kept in undeliverable/: %s", strerror(failure));
		s->untold = true;
		step_done(s);
		return;
	}
	maillog_note(LOG_WARNING, s->transaction->unit->message->id,
	    "nobody can be told of its failure; kept in undeliverable/");
	strlcpy(s->bounce, "undeliverable", sizeof(s->bounce));
	record(s, is_failure_to_tell);
}

/* Nobody is left to tell: the message is kept, durably before its failure is. */
static void
keep_undeliverable(struct settlement *s)
{
	if (undeliverable_keep(s->settle->context, s->transaction->unit->message->id,
		loaded_of(s)->file, kept, s) < 0)
		kept(errno, 0, s);
}

static void
told(enum bounce_result result, uint64_t id, void *arg)
{
	struct settlement *s = arg;

	switch (result) {
	case BOUNCE_TOLD:
		queue_id_format(id, s->bounce);
		s->settle->enqueue(id, s->settle->arg);
		record(s, is_failure_to_tell);
		break;
	case BOUNCE_UNWANTED:
		strlcpy(s->bounce, "unwanted", sizeof(s->bounce));
		record(s, is_failure_to_tell);
		break;
	case BOUNCE_UNDELIVERABLE:
		keep_undeliverable(s);
		break;
	case BOUNCE_FAILED:
		s->untold = true;
		step_done(s);
		break;
	}
}

static void
tell(struct settlement *s, uint32_t failures)
{
	struct transaction *transaction = s->transaction;
	struct loaded *loaded = loaded_of(s);
	struct lane *lane = transaction->unit->lane;
	struct report_recipient *recipients = calloc(failures, sizeof(*recipients));
	char(*advice)[ADVICE_MAX] = calloc(failures, sizeof(*advice));
	size_t count = 0;

	if (recipients == NULL || advice == NULL) {
		free(recipients);
		free(advice);
		told(BOUNCE_FAILED, 0, s);
		return;
	}
	for (uint32_t i = 0; i < transaction->count; i++) {
		const struct verdict *verdict = &transaction->verdicts[i];
		const char *reply = verdict->reply == NULL ? "" : verdict->reply;

		if (!is_failure_to_tell(s, i))
			continue;
		advice_find(lane->profile, reply, advice[count]);
		recipients[count] = (struct report_recipient){
		    .recipient = &loaded->envelope.recipients[transaction->indexes[i]],
		    .enhanced = verdict->enhanced,
		    .reply = reply,
		    .expired = verdict->expired,
		    .advice = advice[count][0] == '\0' ? NULL : advice[count],
		    .remote = verdict->replied ? transaction->relay : NULL,
		};
		count++;
	}
	bounce_send(s->settle->context, REPORT_FAILED, transaction->unit->message->id,
	    &loaded->envelope, loaded->file, recipients, count, told, s);
	free(recipients);
	free(advice);
}

/* What the relay defers after the lifetime has failed. */
static void
apply_lifetime(struct settlement *s)
{
	struct transaction *transaction = s->transaction;
	uint64_t lifetime_us = (uint64_t)s->settle->context->config->queue.lifetime * 1000000;

	if (loaded_age_us(loaded_of(s)) < lifetime_us)
		return;
	for (uint32_t i = 0; i < transaction->count; i++) {
		struct verdict *verdict = &transaction->verdicts[i];

		if (!verdict->given || verdict->class != OUTCOME_LATER)
			continue;
		verdict->class = OUTCOME_NEVER;
		verdict->expired = true;
		strlcpy(verdict->enhanced, "4.4.7", sizeof(verdict->enhanced));
	}
}

static uint32_t
count_chosen(const struct settlement *s, bool (*chosen)(const struct settlement *, uint32_t))
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->transaction->count; i++)
		if (chosen(s, i))
			count++;
	return count;
}

void
settle_transaction(struct settle *settle, struct transaction *transaction)
{
	struct settlement *s = calloc(1, sizeof(*s));
	uint32_t failures;

	if (s == NULL) {
		/* Nothing is lost: the unit stays busy, and the next start tries it again. */
		maillog_note(LOG_ERR, transaction->unit->message->id, "out of memory");
		return;
	}
	s->settle = settle;
	s->transaction = transaction;
	s->waiting = 1;
	settle->context->settling_count++;
	apply_lifetime(s);
	if (count_chosen(s, is_final_at_once) > 0) {
		s->waiting++;
		record(s, is_final_at_once);
	}
	failures = count_chosen(s, is_failure_to_tell);
	if (failures > 0) {
		s->waiting++;
		tell(s, failures);
	}
	step_done(s);
}

void
settle_postpone(struct settle *settle, struct unit *unit)
{
	conclude_unit(settle->conclude, unit, NULL, POSTPONE_MS);
}

void
settle_without_relay(struct settle *settle, struct unit *unit)
{
	struct loaded *loaded = unit->message->loaded;
	uint32_t *indexes = calloc(loaded->count, sizeof(*indexes));
	struct transaction *transaction;
	uint32_t count = 0;

	for (uint32_t i = 0; indexes != NULL && i < loaded->envelope.recipient_count; i++)
		if (loaded->fates[i] == FATE_UNTOLD && loaded->lanes[i] == unit->lane)
			indexes[count++] = i;
	transaction = indexes == NULL ? NULL : transaction_new(unit, indexes, count);
	if (transaction == NULL) {
		free(indexes);
		settle_postpone(settle, unit);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *reply = loaded->replies[indexes[i]];
		struct outcome outcome = {.scope = SCOPE_RECIPIENT, .class = OUTCOME_NEVER};

		strlcpy(outcome.enhanced, "5.0.0", sizeof(outcome.enhanced));
		strlcpy(outcome.text, reply == NULL ? "" : reply, sizeof(outcome.text));
		transaction_note(transaction, indexes[i], &outcome);
	}
	settle_transaction(settle, transaction);
}
