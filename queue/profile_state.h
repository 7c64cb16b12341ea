/*
 * The state of a profile, and what changes it. Mail of a profile that is not ready
 * waits, uncharged: no attempt is counted, nothing bounces.
 *
 * Pure: time comes in as a parameter, nothing is done here but deciding.
 */
#ifndef POSTOAK_QUEUE_PROFILE_STATE_H
#define POSTOAK_QUEUE_PROFILE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "config/config.h"
#include "queue/delivery/outcome.h"

enum profile_condition {
	CONDITION_READY,
	CONDITION_BACKING_OFF, /* one probe at a time, at growing intervals */
	CONDITION_SUSPENDED,   /* the same, but a person is needed */
	CONDITION_HELD,        /* `postoak suspend`: until `postoak resume` */
};

struct profile_state {
	enum profile_condition condition;
	time_t since;            /* of this condition */
	char reason[1024];       /* what happened, one line; "" when ready */
	char advice[1024];       /* what a person can do; may be "" */
	unsigned failures;       /* in a row */
	unsigned logins_refused; /* in a row, each with another token */
	bool proven;             /* the relay took part in a transaction since the last change */
	unsigned slots;          /* connections allowed now, 1 to the profile's limit */
	uint64_t next_probe;     /* clock_monotonic_ms; meaningful while backing off or suspended */
};

/* A profile of which nothing is known yet: ready, with `slots` connections. */
void profile_state_init(struct profile_state *state, unsigned slots, time_t now);

/* A transaction reached the relay and was answered on its own account. True where
 * the condition changed. */
bool profile_state_proved(struct profile_state *state, time_t now);

/*
 * A profile-scope outcome. `others` is how many further connections are up: a relay
 * that refuses one connection too many is not away. True where the condition changed.
 */
bool profile_state_failed(struct profile_state *state, const struct outcome *outcome,
    const struct config_queue *queue, unsigned others, time_t now, uint64_t now_ms);

/* The agent says that a person is needed, or that there is temporary trouble. True
 * where the condition changed. */
bool profile_state_no_credential(struct profile_state *state, bool needs_person, const char *reason,
    const char *advice, const struct config_queue *queue, time_t now, uint64_t now_ms);

/* Try again at once: resume, reload, a new grant. A held profile stays held unless
 * `release`. True where the condition changed. */
bool profile_state_resume(struct profile_state *state, bool release, time_t now, uint64_t now_ms);

/* `postoak suspend`. True where the condition changed. */
bool profile_state_hold(struct profile_state *state, time_t now);

/* True where mail waits for a probe: backing off or suspended. */
bool profile_state_probes(const struct profile_state *state);

/* "ready", "backing_off", "suspended", "held". */
const char *profile_condition_name(enum profile_condition condition);

#endif
