/* SPDX-License-Identifier: ISC */
#include "queue/profile_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <bsd/string.h>

#define SLOTS 3
#define NOW ((time_t)1795328000)
#define NOW_MS UINT64_C(5000000)
#define HOUR_MS (3600 * 1000)

static const struct config_queue queue = {.retry_minimum = 60, .retry_maximum = 3600};

static struct profile_state
fresh(void)
{
	struct profile_state state;

	profile_state_init(&state, SLOTS, NOW);
	return state;
}

/* A profile-scope outcome; true where it changed the condition. */
static bool
fail_with(struct profile_state *state, enum outcome_profile profile, unsigned others, uint32_t hold)
{
	struct outcome outcome = {.scope = SCOPE_PROFILE, .profile = profile, .hold = hold};

	strlcpy(outcome.text, "what happened", sizeof(outcome.text));
	return profile_state_failed(state, &outcome, &queue, others, NOW + 1, NOW_MS);
}

static void
assert_probe_within_a_fifth(const struct profile_state *state, uint64_t ms)
{
	assert_in_range(state->next_probe, NOW_MS + ms - ms / 5, NOW_MS + ms + ms / 5);
}

static void
a_new_profile_is_ready_and_unproven(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	assert_int_equal(state.condition, CONDITION_READY);
	assert_int_equal(state.since, NOW);
	assert_int_equal(state.slots, SLOTS);
	assert_false(state.proven);
	assert_int_equal(state.next_probe, 0);
	assert_false(profile_state_probes(&state));
	/* What was ready does not become so. */
	assert_false(profile_state_proved(&state, NOW + 1));
	assert_true(state.proven);
	assert_int_equal(state.since, NOW);
}

static void
trouble_backs_off_longer_each_time(void **unused)
{
	static const enum outcome_profile kinds[] = {PROFILE_BACK_OFF, PROFILE_NOTHING};

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct profile_state state = fresh();

		(void)profile_state_proved(&state, NOW);
		assert_true(fail_with(&state, kinds[i], 0, 0));
		assert_int_equal(state.condition, CONDITION_BACKING_OFF);
		assert_true(profile_state_probes(&state));
		assert_false(state.proven);
		assert_int_equal(state.since, NOW + 1);
		assert_string_equal(state.reason, "what happened");
		assert_probe_within_a_fifth(&state, 60000);
		assert_false(fail_with(&state, kinds[i], 0, 0));
		assert_probe_within_a_fifth(&state, 120000);
		for (int n = 0; n < 20; n++)
			assert_false(fail_with(&state, kinds[i], 0, 0));
		assert_probe_within_a_fifth(&state, HOUR_MS);
		assert_int_equal(state.since, NOW + 1);
	}
}

static void
an_answered_transaction_makes_ready(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	(void)fail_with(&state, PROFILE_BACK_OFF, 0, 0);
	(void)fail_with(&state, PROFILE_BACK_OFF, 0, 0);
	assert_true(profile_state_proved(&state, NOW + 2));
	assert_int_equal(state.condition, CONDITION_READY);
	assert_int_equal(state.since, NOW + 2);
	assert_string_equal(state.reason, "");
	assert_string_equal(state.advice, "");
	/* The next trouble is the first one again. */
	assert_true(fail_with(&state, PROFILE_BACK_OFF, 0, 0));
	assert_probe_within_a_fifth(&state, 60000);
}

static void
a_quota_waits_up_to_a_day(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	assert_true(fail_with(&state, PROFILE_QUOTA, 0, 0));
	assert_int_equal(state.condition, CONDITION_BACKING_OFF);
	assert_probe_within_a_fifth(&state, HOUR_MS);
	for (int n = 0; n < 20; n++)
		assert_false(fail_with(&state, PROFILE_QUOTA, 0, 0));
	assert_probe_within_a_fifth(&state, 24 * HOUR_MS);
	/* A provider that says how long is believed. */
	assert_false(fail_with(&state, PROFILE_QUOTA, 0, 600));
	assert_probe_within_a_fifth(&state, 600000);
}

static void
one_connection_too_many_costs_a_slot(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	(void)profile_state_proved(&state, NOW);
	assert_false(fail_with(&state, PROFILE_FEWER, 2, 0));
	assert_int_equal(state.slots, SLOTS - 1);
	assert_int_equal(state.condition, CONDITION_READY);
	assert_true(state.proven);
	assert_false(fail_with(&state, PROFILE_FEWER, 1, 0));
	assert_int_equal(state.slots, 1);
	/* The last one stays, but there is no point in insisting. */
	assert_true(fail_with(&state, PROFILE_FEWER, 0, 0));
	assert_int_equal(state.slots, 1);
	assert_int_equal(state.condition, CONDITION_BACKING_OFF);
	assert_true(state.next_probe > NOW_MS);
	assert_true(state.next_probe <= NOW_MS + 72000);
}

static void
a_second_token_is_tried_at_once(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	(void)profile_state_proved(&state, NOW);
	assert_false(fail_with(&state, PROFILE_NEW_TOKEN, 0, 0));
	assert_int_equal(state.condition, CONDITION_READY);
	assert_false(state.proven);
	assert_int_equal(state.next_probe, NOW_MS);
	assert_true(fail_with(&state, PROFILE_NEW_TOKEN, 0, 0));
	assert_int_equal(state.condition, CONDITION_SUSPENDED);
	assert_true(profile_state_probes(&state));
	assert_probe_within_a_fifth(&state, 60000);
	/* While suspended every refusal counts. */
	assert_false(fail_with(&state, PROFILE_NEW_TOKEN, 0, 0));
	assert_probe_within_a_fifth(&state, 120000);
}

static void
a_login_between_two_refusals_forgives_the_first(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	assert_false(fail_with(&state, PROFILE_NEW_TOKEN, 0, 0));
	(void)profile_state_proved(&state, NOW);
	assert_false(fail_with(&state, PROFILE_NEW_TOKEN, 0, 0));
	assert_int_equal(state.condition, CONDITION_READY);
}

static void
what_needs_a_person_suspends(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	assert_true(fail_with(&state, PROFILE_SUSPEND, 0, 0));
	assert_int_equal(state.condition, CONDITION_SUSPENDED);
	assert_probe_within_a_fifth(&state, 60000);
	/* From one to the other is a change, both ways. */
	assert_true(fail_with(&state, PROFILE_BACK_OFF, 0, 0));
	assert_int_equal(state.condition, CONDITION_BACKING_OFF);
	assert_true(fail_with(&state, PROFILE_SUSPEND, 0, 0));
	assert_true(profile_state_proved(&state, NOW + 2));
}

static void
a_missing_credential_is_counted_once(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	(void)profile_state_proved(&state, NOW);
	assert_true(profile_state_no_credential(
	    &state, true, "invalid_grant", "grant again", &queue, NOW + 1, NOW_MS));
	assert_int_equal(state.condition, CONDITION_SUSPENDED);
	assert_string_equal(state.reason, "invalid_grant");
	assert_string_equal(state.advice, "grant again");
	assert_false(state.proven);
	assert_probe_within_a_fifth(&state, 60000);
	/* The worker that asked for it says the same. */
	assert_false(fail_with(&state, PROFILE_SUSPEND, 0, 0));
	assert_probe_within_a_fifth(&state, 60000);
	assert_false(fail_with(&state, PROFILE_SUSPEND, 0, 0));
	assert_probe_within_a_fifth(&state, 120000);
	/* Better, but not well: the probe stays where it is. */
	assert_true(profile_state_no_credential(
	    &state, false, "the server is busy", "", &queue, NOW + 2, NOW_MS + 1000));
	assert_int_equal(state.condition, CONDITION_BACKING_OFF);
	assert_probe_within_a_fifth(&state, 120000);
}

static void
held_until_it_is_released(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	assert_true(profile_state_hold(&state, NOW + 1));
	assert_false(profile_state_hold(&state, NOW + 2));
	assert_int_equal(state.condition, CONDITION_HELD);
	assert_string_equal(state.reason, "held by the administrator");
	assert_false(profile_state_probes(&state));
	/* What was on the wire then changes nothing. */
	assert_false(profile_state_proved(&state, NOW + 3));
	assert_false(fail_with(&state, PROFILE_BACK_OFF, 0, 0));
	assert_false(fail_with(&state, PROFILE_SUSPEND, 0, 0));
	assert_false(profile_state_no_credential(&state, true, "text", "", &queue, NOW, NOW_MS));
	assert_false(profile_state_resume(&state, false, NOW + 3, NOW_MS));
	assert_int_equal(state.condition, CONDITION_HELD);
	assert_int_equal(state.since, NOW + 1);
	assert_string_equal(state.reason, "held by the administrator");
	assert_true(profile_state_resume(&state, true, NOW + 4, NOW_MS));
	assert_int_equal(state.condition, CONDITION_READY);
	assert_string_equal(state.reason, "");
	assert_false(state.proven);
	assert_int_equal(state.next_probe, NOW_MS);
}

static void
a_reload_probes_at_once_and_promises_nothing(void **unused)
{
	struct profile_state state = fresh();

	(void)unused;
	(void)fail_with(&state, PROFILE_SUSPEND, 0, 0);
	(void)fail_with(&state, PROFILE_SUSPEND, 0, 0);
	assert_false(profile_state_resume(&state, false, NOW + 2, NOW_MS + 5));
	assert_int_equal(state.condition, CONDITION_SUSPENDED);
	assert_string_equal(state.reason, "what happened");
	assert_int_equal(state.next_probe, NOW_MS + 5);
	/* And it begins anew to count. */
	(void)fail_with(&state, PROFILE_SUSPEND, 0, 0);
	assert_probe_within_a_fifth(&state, 60000);
	/* A person's grant believes that it helped. */
	assert_true(profile_state_resume(&state, true, NOW + 3, NOW_MS));
	assert_int_equal(state.condition, CONDITION_READY);
}

static void
conditions_have_the_names_of_the_manual(void **unused)
{
	(void)unused;
	assert_string_equal(profile_condition_name(CONDITION_READY), "ready");
	assert_string_equal(profile_condition_name(CONDITION_BACKING_OFF), "backing_off");
	assert_string_equal(profile_condition_name(CONDITION_SUSPENDED), "suspended");
	assert_string_equal(profile_condition_name(CONDITION_HELD), "held");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_profile_is_ready_and_unproven),
	    cmocka_unit_test(trouble_backs_off_longer_each_time),
	    cmocka_unit_test(an_answered_transaction_makes_ready),
	    cmocka_unit_test(a_quota_waits_up_to_a_day),
	    cmocka_unit_test(one_connection_too_many_costs_a_slot),
	    cmocka_unit_test(a_second_token_is_tried_at_once),
	    cmocka_unit_test(a_login_between_two_refusals_forgives_the_first),
	    cmocka_unit_test(what_needs_a_person_suspends),
	    cmocka_unit_test(a_missing_credential_is_counted_once),
	    cmocka_unit_test(held_until_it_is_released),
	    cmocka_unit_test(a_reload_probes_at_once_and_promises_nothing),
	    cmocka_unit_test(conditions_have_the_names_of_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
