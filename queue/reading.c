/* SPDX-License-Identifier: ISC */
#include "queue/reading.h"

#include "config/clock.h"
#include "config/log.h"
#include "queue/depart.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/selection.h"

/* A turn of the loop reads at most so many headers, some 10 ms of work ... */
#define READ_A_TURN 100
/* ... and in the background so many a second. */
#define BACKGROUND_A_TURN 20
#define BACKGROUND_MS 20

#define RETRY_MS 60000

int
reading_add(struct context *context, struct message *message, uint64_t due)
{
	struct unit *unit = &message->unit;

	if (heap_reserve(&context->unread, context->unread_count + 1) < 0)
		return -1;
	message->unread = true;
	unit->node.due = due;
	heap_insert(&context->unread, &unit->node);
	context->unread_count++;
	loop_timer_set(context->loop, &context->reading, 0);
	return 0;
}

void
reading_again(struct context *context, struct message *message, uint64_t due)
{
	struct unit *unit;

	loaded_close(message);
	while ((unit = message->units) != NULL) {
		if (unit->lane != NULL)
			lane_remove(unit->lane, unit);
		message_drop_unit(message, unit);
	}
	message->unit = (struct unit){.message = message};
	message->units = &message->unit;
	message->misplaced = false;
	if (reading_add(context, message, due) < 0)
		maillog_note(LOG_ERR, message->id, "out of memory; it waits for the next start");
}

static bool
has_unit_in(const struct message *message, const struct lane *lane)
{
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->lane == lane)
			return true;
	return false;
}

/* One unit for each lane that has recipients of the message. */
static int
place(struct message *message, uint64_t due)
{
	const struct loaded *loaded = message->loaded;

	for (size_t i = 0; i < loaded->envelope.recipient_count; i++) {
		struct lane *lane = loaded->lanes[i];
		struct unit *unit = &message->unit;

		if (!loaded_is_open(loaded, i) || has_unit_in(message, lane))
			continue;
		if (unit->lane != NULL)
			unit = message_add_unit(message);
		if (unit == NULL || lane_add(lane, unit, due) < 0)
			return -1;
		lane_wake(lane);
	}
	return 0;
}

static bool
is_open(const void *context, size_t index)
{
	return loaded_is_open(context, index);
}

/* postoakd -s may mean others only. */
static bool
is_meant(const struct context *context, const struct message *message)
{
	const struct candidate candidate = {
	    .id = message->id,
	    .envelope = &message->loaded->envelope,
	    .is_open = is_open,
	    .context = message->loaded,
	};

	return context->selection == NULL || selection_matches(context->selection, &candidate);
}

/* `due` is when the unit was due by what was known before reading. */
static void
read_one(struct context *context, struct message *message, uint64_t due)
{
	struct error error;

	switch (loaded_open(context, message, &error)) {
	case LOADED_OK:
		if (!is_meant(context, message)) {
			depart_forget(context, message);
			break;
		}
		message->unread = false;
		message->unreadable = place(message, due) < 0;
		if (message->unreadable)
			reading_again(context, message, clock_monotonic_ms() + RETRY_MS);
		else if (message->unit.lane == NULL)
			depart_finished(context, message);
		else
			loaded_close(message);
		break;
	case LOADED_ABSENT:
		maillog_note(LOG_WARNING, message->id, "has disappeared from the queue");
		depart_forget(context, message);
		break;
	case LOADED_CORRUPT:
		depart_corrupt(context, message, error.text);
		break;
	case LOADED_NEWER:
		maillog_note(LOG_ERR, message->id, "stays where it is: %s", error.text);
		context->newer_count++;
		depart_forget(context, message);
		break;
	case LOADED_FAILED:
		maillog_note(LOG_WARNING, message->id, "cannot be read now: %s", error.text);
		message->unreadable = true;
		/* One pass does not wait for it. */
		if (context->one_pass ||
		    reading_add(context, message, clock_monotonic_ms() + RETRY_MS) < 0)
			depart_forget(context, message);
		break;
	}
}

void
reading_now(struct context *context, struct message *message)
{
	struct heap_node *node = &message->unit.node;

	if (node->place == 0)
		return;
	heap_remove(&context->unread, node);
	node->due = clock_monotonic_ms();
	if (context->delivered == NULL) {
		heap_insert(&context->unread, node);
		return;
	}
	context->unread_count--;
	read_one(context, message, node->due);
}

static struct message *
message_of(struct heap_node *node)
{
	return ((struct unit *)node)->message;
}

uint64_t
reading_pump(struct context *context)
{
	uint64_t now = clock_monotonic_ms();
	struct heap_node *first;
	unsigned count = 0;

	while ((first = heap_first(&context->unread)) != NULL && count < READ_A_TURN) {
		struct message *message = message_of(first);

		/* What could not be read is not read ahead of its time once more. */
		if (first->due > now && (count >= BACKGROUND_A_TURN || message->unreadable))
			break;
		heap_remove(&context->unread, first);
		context->unread_count--;
		read_one(context, message, first->due);
		count++;
	}
	if (first == NULL)
		return UINT64_MAX;
	if (first->due <= now)
		return 0;
	return message_of(first)->unreadable ? first->due - now : BACKGROUND_MS;
}
