/*
 * A lane: one profile at work. Its state, its share of the schedule, its limits.
 *
 * One more lane has no profile: there waits the mail for which no route names one.
 */
#ifndef POSTOAK_QUEUE_LANE_H
#define POSTOAK_QUEUE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "config/config.h"
#include "config/loop.h"
#include "queue/backlog.h"
#include "queue/heap.h"
#include "queue/profile_state.h"

struct connection;

struct lane {
	LIST_ENTRY(lane) entry;
	char *name;                           /* the profile's, or null for the lane without */
	const struct config_profile *profile; /* null: none, or no longer configured */
	bool retired;                         /* its profile is no longer configured */
	struct profile_state state;
	char ending[256];    /* access is about to end, and what to do; "": it is not */
	struct heap waiting; /* units, by due time */
	TAILQ_HEAD(ready_list, unit) ready; /* units that are due, in their order */
	size_t ready_count;
	size_t unit_count; /* waiting, ready and busy ones */
	LIST_HEAD(connection_list, connection) connections;
	unsigned connection_count;
	uint64_t next_message;   /* messages_per_minute allows none before */
	uint64_t slot_regained;  /* when a lost slot was last given back */
	uint64_t alerted;        /* when a person was last told, 0: never */
	uint64_t search;         /* flush.h: the last one that had it probed */
	struct loop_timer timer; /* wakes the lane when something can be done */
	struct loop *loop;       /* for its timer */
	void *owner;             /* for the timer's callback */
};

/* A lane for `profile` (null: the one without), whose timer calls `expired` with the
 * lane. Null and ENOMEM. */
struct lane *lane_new(struct loop *loop, const struct config_profile *profile,
    loop_expired *expired, void *owner, time_t now);

/* Have the lane's timer expire at once: something about it changed. */
void lane_wake(struct lane *lane);

/* Release a lane without units and connections. */
void lane_free(struct lane *lane);

/* Put a unit into the lane, due at `due` (clock_monotonic_ms). -1 and ENOMEM. */
int lane_add(struct lane *lane, struct unit *unit, uint64_t due);

/* Put a busy unit of this lane back to wait until `due`. */
void lane_return(struct lane *lane, struct unit *unit, uint64_t due);

/* A unit that waits is due at `now`, unless it was due before; one that is ready or busy
 * has no need of it. */
void lane_hurry(struct lane *lane, struct unit *unit, uint64_t now);

/* Take the unit out of the lane for good. */
void lane_remove(struct lane *lane, struct unit *unit);

/* The first unit that is due at `now` is taken to be worked on (busy); null: none. */
struct unit *lane_begin(struct lane *lane, uint64_t now);

/* How many units are due, as far as it matters: counts to some dozens only. */
size_t lane_count_ready(struct lane *lane, uint64_t now);

/* When the next unit that waits becomes due; UINT64_MAX: none waits. */
uint64_t lane_next_due(const struct lane *lane);

/* messages_per_minute: milliseconds until the next message may begin; 0: now. */
uint64_t lane_wait_for_rate(const struct lane *lane, uint64_t now);

/* A message begins: spread the next ones evenly, without bursts. */
void lane_spend_rate(struct lane *lane, uint64_t now);

/* Give back lost connection slots, one every ten minutes. */
void lane_regain_slots(struct lane *lane, uint64_t now);

#endif
