/* SPDX-License-Identifier: ISC */
#include "queue/profile_state.h"

#include <bsd/string.h>

#include "queue/retry.h"

/* The longest time a used-up quota is waited for before it is tried again. */
#define QUOTA_MAXIMUM (24 * 3600)

void
profile_state_init(struct profile_state *state, unsigned slots, time_t now)
{
	*state = (struct profile_state){.slots = slots, .since = now};
}

static bool
change(struct profile_state *state, enum profile_condition condition, time_t now)
{
	if (state->condition == condition)
		return false;
	state->condition = condition;
	state->since = now;
	return true;
}

bool
profile_state_proved(struct profile_state *state, time_t now)
{
	state->proven = true;
	state->logins_refused = 0;
	if (state->condition == CONDITION_HELD)
		return false;
	state->failures = 0;
	state->reason[0] = state->advice[0] = '\0';
	return change(state, CONDITION_READY, now);
}

static void
explain(struct profile_state *state, const char *reason, const char *advice)
{
	strlcpy(state->reason, reason, sizeof(state->reason));
	strlcpy(state->advice, advice, sizeof(state->advice));
}

static void
set_probe(struct profile_state *state, unsigned minimum, unsigned maximum, uint64_t now_ms)
{
	state->failures++;
	state->proven = false;
	state->next_probe = now_ms + retry_delay(minimum, maximum, state->failures);
}

bool
profile_state_failed(struct profile_state *state, const struct outcome *outcome,
    const struct config_queue *queue, unsigned others, time_t now, uint64_t now_ms)
{
	enum profile_condition condition = CONDITION_BACKING_OFF;

	if (outcome->profile == PROFILE_FEWER) {
		if (state->slots > 1)
			state->slots--;
		if (others > 0)
			return false;
	}
	/* The next worker brings a fresh token; two refusals in a row need a person. */
	if (outcome->profile == PROFILE_NEW_TOKEN && ++state->logins_refused < 2) {
		state->proven = false;
		state->next_probe = now_ms;
		return false;
	}
	if (state->condition == CONDITION_HELD) {
		state->proven = false;
		return false;
	}

	explain(state, outcome->text, "");
	switch (outcome->profile) {
	case PROFILE_QUOTA:
		set_probe(state, queue->retry_maximum, QUOTA_MAXIMUM, now_ms);
		if (outcome->hold > 0)
			state->next_probe = now_ms + retry_jitter((uint64_t)outcome->hold * 1000);
		break;
	case PROFILE_NEW_TOKEN:
	case PROFILE_SUSPEND:
		condition = CONDITION_SUSPENDED;
		set_probe(state, queue->retry_minimum, queue->retry_maximum, now_ms);
		break;
	case PROFILE_NOTHING:
	case PROFILE_BACK_OFF:
	case PROFILE_FEWER:
		set_probe(state, queue->retry_minimum, queue->retry_maximum, now_ms);
		break;
	}
	return change(state, condition, now);
}

bool
profile_state_no_credential(struct profile_state *state, bool needs_person, const char *reason,
    const char *advice, const struct config_queue *queue, time_t now, uint64_t now_ms)
{
	if (state->condition == CONDITION_HELD)
		return false;
	explain(state, reason, advice);
	/* Not counted: the worker that asked for a credential reports the same failure. */
	if (!profile_state_probes(state)) {
		state->proven = false;
		state->next_probe =
		    now_ms + retry_delay(queue->retry_minimum, queue->retry_maximum, 1);
	}
	return change(state, needs_person ? CONDITION_SUSPENDED : CONDITION_BACKING_OFF, now);
}

bool
profile_state_resume(struct profile_state *state, bool release, time_t now, uint64_t now_ms)
{
	if (state->condition == CONDITION_HELD && !release)
		return false;
	state->failures = 0;
	state->logins_refused = 0;
	state->proven = false;
	state->next_probe = now_ms;
	if (state->condition == CONDITION_HELD || release) {
		state->reason[0] = state->advice[0] = '\0';
		return change(state, CONDITION_READY, now);
	}
	return false;
}

bool
profile_state_hold(struct profile_state *state, time_t now)
{
	explain(state, "held by the administrator", "postoak resume lets it go on");
	return change(state, CONDITION_HELD, now);
}

bool
profile_state_probes(const struct profile_state *state)
{
	return state->condition == CONDITION_BACKING_OFF || state->condition == CONDITION_SUSPENDED;
}

const char *
profile_condition_name(enum profile_condition condition)
{
	switch (condition) {
	case CONDITION_READY:
		return "ready";
	case CONDITION_BACKING_OFF:
		return "backing_off";
	case CONDITION_SUSPENDED:
		return "suspended";
	case CONDITION_HELD:
		return "held";
	}
	return "ready";
}
