/* SPDX-License-Identifier: ISC */
#include "queue/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define UNITS 200
#define SLOT_MS (10 * 60 * 1000)

struct fixture {
	char name[8];
	struct config_profile profile;
	struct loop *loop;
	struct lane *lane;
	struct unit units[UNITS];
};

static void
stop(void *context)
{
	const struct lane *lane = context;

	loop_stop(lane->loop);
}

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){.name = "office"};
	fixture.profile.name = fixture.name;
	fixture.profile.limits.connections = 3;
	fixture.loop = loop_new();
	fixture.lane = lane_new(fixture.loop, &fixture.profile, stop, NULL, 0);
	*state = &fixture;
	return fixture.lane == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	lane_free(fixture->lane);
	loop_free(fixture->loop);
	return 0;
}

static void
a_new_lane_is_empty_and_ready(void **state)
{
	const struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;

	assert_string_equal(lane->name, "office");
	assert_int_equal(lane->state.condition, CONDITION_READY);
	assert_int_equal(lane->state.slots, 3);
	assert_int_equal(lane_count_ready(lane, UINT64_MAX), 0);
	assert_null(lane_begin(lane, UINT64_MAX));
	assert_true(lane_next_due(lane) == UINT64_MAX);
}

static void
a_unit_that_is_hurried_comes_first(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;
	struct unit *begun;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(lane_add(lane, &fixture->units[i], 1000 + i), 0);
	lane_hurry(lane, &fixture->units[2], 500);
	begun = lane_begin(lane, 500);
	assert_ptr_equal(begun, &fixture->units[2]);
	assert_null(lane_begin(lane, 500));
	/* Neither later than it was, nor back from the wire. */
	lane_hurry(lane, &fixture->units[0], 2000);
	lane_hurry(lane, begun, 500);
	assert_int_equal(lane_next_due(lane), 1000);
	assert_null(lane_begin(lane, 500));
}

static void
units_begin_in_the_order_they_are_due(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;

	for (size_t i = 0; i < 10; i++)
		assert_int_equal(lane_add(lane, &fixture->units[i], 1000 - 100 * i), 0);
	assert_int_equal(lane->unit_count, 10);
	assert_int_equal(lane_next_due(lane), 100);
	assert_int_equal(lane_count_ready(lane, 99), 0);
	assert_int_equal(lane_count_ready(lane, 300), 3);
	assert_int_equal(lane_next_due(lane), 0);
	for (size_t i = 0; i < 3; i++) {
		struct unit *unit = lane_begin(lane, 300);

		assert_ptr_equal(unit, &fixture->units[9 - i]);
		assert_true(unit->busy);
		assert_false(unit->is_ready);
		assert_int_equal(unit->ready_ms, 300);
	}
	assert_null(lane_begin(lane, 300));
	assert_int_equal(lane_next_due(lane), 400);
	assert_int_equal(lane->unit_count, 10);
}

static void
what_is_ready_is_counted_to_some_dozens(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;
	size_t begun = 0;

	for (size_t i = 0; i < UNITS; i++)
		assert_int_equal(lane_add(lane, &fixture->units[i], i), 0);
	assert_in_range(lane_count_ready(lane, UNITS), 24, UNITS - 1);
	while (lane_begin(lane, UNITS) != NULL)
		begun++;
	assert_int_equal(begun, UNITS);
}

static void
a_busy_unit_returns(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;
	struct unit *first = &fixture->units[0];
	struct unit *second = &fixture->units[1];

	assert_int_equal(lane_add(lane, first, 1), 0);
	assert_int_equal(lane_add(lane, second, 2), 0);
	assert_ptr_equal(lane_begin(lane, 10), first);
	lane_return(lane, first, 50);
	assert_false(first->busy);
	assert_int_equal(lane->unit_count, 2);
	assert_ptr_equal(lane_begin(lane, 10), second);
	assert_null(lane_begin(lane, 10));
	/* Before everything that waits. */
	lane_return(lane, second, 0);
	assert_ptr_equal(lane_begin(lane, 60), second);
	assert_ptr_equal(lane_begin(lane, 60), first);
}

static void
a_unit_leaves_from_wherever_it_is(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;
	struct unit *waiting = &fixture->units[0];
	struct unit *ready = &fixture->units[1];
	struct unit *busy = &fixture->units[2];

	assert_int_equal(lane_add(lane, busy, 1), 0);
	assert_int_equal(lane_add(lane, ready, 2), 0);
	assert_int_equal(lane_add(lane, waiting, 100), 0);
	assert_ptr_equal(lane_begin(lane, 10), busy);
	assert_true(ready->is_ready);
	lane_remove(lane, ready);
	assert_int_equal(lane_count_ready(lane, 10), 0);
	lane_remove(lane, waiting);
	assert_true(lane_next_due(lane) == UINT64_MAX);
	lane_remove(lane, busy);
	assert_int_equal(lane->unit_count, 0);
	assert_null(busy->lane);
	assert_false(busy->busy);
}

static void
messages_are_spread_over_the_minute(void **state)
{
	struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;
	uint64_t now = 1000;

	fixture->profile.limits.messages_per_minute = 30;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(lane_wait_for_rate(lane, now), 0);
		lane_spend_rate(lane, now);
		assert_int_equal(lane_wait_for_rate(lane, now), 2000);
		assert_int_equal(lane_wait_for_rate(lane, now + 1500), 500);
		now += 2000;
	}
	/* What was not used in a quiet hour is no right to a burst. */
	now += 3600000;
	lane_spend_rate(lane, now);
	assert_int_equal(lane_wait_for_rate(lane, now), 2000);
}

static void
without_a_limit_nothing_waits(void **state)
{
	const struct fixture *fixture = *state;

	for (int i = 0; i < 1000; i++)
		lane_spend_rate(fixture->lane, 5);
	assert_int_equal(lane_wait_for_rate(fixture->lane, 5), 0);
}

static void
lost_slots_come_back_one_by_one(void **state)
{
	const struct fixture *fixture = *state;
	struct lane *lane = fixture->lane;

	lane_regain_slots(lane, 1000);
	assert_int_equal(lane->state.slots, 3);
	lane->state.slots = 1;
	lane_regain_slots(lane, 1000 + SLOT_MS - 1);
	assert_int_equal(lane->state.slots, 1);
	lane_regain_slots(lane, 1000 + SLOT_MS);
	assert_int_equal(lane->state.slots, 2);
	lane_regain_slots(lane, 1000 + SLOT_MS + 1);
	assert_int_equal(lane->state.slots, 2);
	lane_regain_slots(lane, 1000 + 2 * SLOT_MS);
	assert_int_equal(lane->state.slots, 3);
	lane_regain_slots(lane, 1000 + 9 * SLOT_MS);
	assert_int_equal(lane->state.slots, 3);
}

static void
a_woken_lane_is_called(void **state)
{
	const struct fixture *fixture = *state;

	lane_wake(fixture->lane);
	/* Ends when the timer's callback stops it. */
	assert_int_equal(loop_run(fixture->loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_new_lane_is_empty_and_ready, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_unit_that_is_hurried_comes_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(units_begin_in_the_order_they_are_due, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_ready_is_counted_to_some_dozens, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_busy_unit_returns, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_unit_leaves_from_wherever_it_is, setup, teardown),
	    cmocka_unit_test_setup_teardown(messages_are_spread_over_the_minute, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_limit_nothing_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(lost_slots_come_back_one_by_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_woken_lane_is_called, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
