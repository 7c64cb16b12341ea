/* SPDX-License-Identifier: ISC */
#include "queue/lane.h"

#include <stdlib.h>
#include <string.h>

/* Enough to decide on connections; the heap keeps the rest in order. */
#define READY_MAX 64

#define SLOT_REGAIN_MS (10 * 60 * 1000)

struct lane *
lane_new(struct loop *loop, const struct config_profile *profile, loop_expired *expired,
    void *owner, time_t now)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	TAILQ_INIT(&lane->ready);
	LIST_INIT(&lane->connections);
	lane->profile = profile;
	lane->loop = loop;
	lane->owner = owner;
	loop_timer_init(&lane->timer, expired, lane);
	profile_state_init(&lane->state, profile == NULL ? 1 : profile->limits.connections, now);
	if (profile != NULL) {
		lane->name = strdup(profile->name);
		if (lane->name == NULL) {
			free(lane);
			return NULL;
		}
	}
	return lane;
}

void
lane_wake(struct lane *lane)
{
	loop_timer_set(lane->loop, &lane->timer, 0);
}

void
lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	loop_timer_cancel(lane->loop, &lane->timer);
	heap_free(&lane->waiting);
	free(lane->name);
	free(lane);
}

int
lane_add(struct lane *lane, struct unit *unit, uint64_t due)
{
	/* Room for every unit of the lane, so that busy ones can always come back. */
	if (heap_reserve(&lane->waiting, lane->unit_count + 1) < 0)
		return -1;
	unit->node.due = due;
	heap_insert(&lane->waiting, &unit->node);
	unit->lane = lane;
	lane->unit_count++;
	return 0;
}

void
lane_return(struct lane *lane, struct unit *unit, uint64_t due)
{
	unit->busy = false;
	unit->node.due = due;
	heap_insert(&lane->waiting, &unit->node);
}

void
lane_hurry(struct lane *lane, struct unit *unit, uint64_t now)
{
	if (unit->node.place == 0 || unit->node.due <= now)
		return;
	heap_remove(&lane->waiting, &unit->node);
	unit->node.due = now;
	heap_insert(&lane->waiting, &unit->node);
}

static void
leave_ready(struct lane *lane, struct unit *unit)
{
	TAILQ_REMOVE(&lane->ready, unit, ready);
	lane->ready_count--;
	unit->is_ready = false;
}

void
lane_remove(struct lane *lane, struct unit *unit)
{
	if (unit->is_ready)
		leave_ready(lane, unit);
	heap_remove(&lane->waiting, &unit->node);
	unit->lane = NULL;
	unit->busy = false;
	lane->unit_count--;
}

static void
refill_ready(struct lane *lane, uint64_t now)
{
	struct heap_node *first;

	while (lane->ready_count < READY_MAX && (first = heap_first(&lane->waiting)) != NULL &&
	       first->due <= now) {
		struct unit *unit = (struct unit *)first;

		heap_remove(&lane->waiting, first);
		TAILQ_INSERT_TAIL(&lane->ready, unit, ready);
		lane->ready_count++;
		unit->is_ready = true;
		unit->ready_ms = now;
	}
}

struct unit *
lane_begin(struct lane *lane, uint64_t now)
{
	struct unit *unit;

	refill_ready(lane, now);
	unit = TAILQ_FIRST(&lane->ready);
	if (unit == NULL)
		return NULL;
	leave_ready(lane, unit);
	unit->busy = true;
	return unit;
}

size_t
lane_count_ready(struct lane *lane, uint64_t now)
{
	refill_ready(lane, now);
	return lane->ready_count;
}

uint64_t
lane_next_due(const struct lane *lane)
{
	const struct heap_node *first = heap_first(&lane->waiting);

	if (lane->ready_count > 0)
		return 0;
	return first == NULL ? UINT64_MAX : first->due;
}

uint64_t
lane_wait_for_rate(const struct lane *lane, uint64_t now)
{
	return lane->next_message > now ? lane->next_message - now : 0;
}

void
lane_spend_rate(struct lane *lane, uint64_t now)
{
	unsigned rate = lane->profile->limits.messages_per_minute;

	if (rate == 0)
		return;
	if (lane->next_message < now)
		lane->next_message = now;
	lane->next_message += 60000 / rate;
}

void
lane_regain_slots(struct lane *lane, uint64_t now)
{
	if (lane->state.slots >= lane->profile->limits.connections) {
		lane->state.slots = lane->profile->limits.connections;
		lane->slot_regained = now;
	} else if (now - lane->slot_regained >= SLOT_REGAIN_MS) {
		lane->state.slots++;
		lane->slot_regained = now;
	}
}
