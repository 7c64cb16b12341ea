/* SPDX-License-Identifier: ISC */
#include "queue/conclude.h"

#include "tests/unit/queue/context.h"

#define ID UINT64_C(0x660D83D00001)
#define RELAY "relay.example.net[192.0.2.1]:587"

static char bob[] = "bob@example.org";
static char carol[] = "carol@example.org";
static char dave[] = "dave@example.net"; /* routed to the other profile */

static struct recipient two_of_one[] = {{.address = bob}, {.address = carol}};
static struct recipient one_of_each[] = {{.address = bob}, {.address = dave}};

static void
enqueue(uint64_t id, void *arg)
{
	(void)id;
	(void)arg;
	fail_msg("nobody was to be told");
}

/* Take the lane's unit to work on, as dispatching does. */
static struct unit *
begin(struct host *host, int profile)
{
	struct unit *unit = lane_begin(host_lane(host, profile), UINT64_MAX - 1);
	struct error error;

	assert_non_null(unit);
	if (unit->message->loaded == NULL &&
	    loaded_open(&host->context, unit->message, &error) != LOADED_OK)
		fail_msg("%s", error.text);
	host->context.active_count++;
	return unit;
}

static void
conclude(struct host *host, struct unit *unit, uint64_t penalty_ms)
{
	struct conclude *conclude = conclude_new(&host->context, enqueue, NULL);

	assert_non_null(conclude);
	conclude_unit(conclude, unit, RELAY, penalty_ms);
	assert_int_equal(conclude_count(conclude), 0);
	conclude_free(conclude);
}

static void
what_is_delivered_leaves_the_queue(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->loaded->fates[0] = message->loaded->fates[1] = FATE_SENT;
	conclude(host, unit, 0);
	assert_null(backlog_find(host->context.backlog, ID));
	assert_false(host_has_file(host, ID));
	assert_int_equal(host->context.active_count, 0);
	assert_int_equal(host_lane(host, 0)->unit_count, 0);
}

static void
what_was_deferred_waits_for_its_time(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	uint64_t now = clock_monotonic_ms();
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->loaded->attempts = 1;
	message->loaded->fates[0] = FATE_SENT;
	message->loaded->fates[1] = FATE_DEFERRED;
	conclude(host, unit, 0);
	assert_null(message->loaded);
	assert_false(unit->busy);
	assert_in_range(lane_next_due(host_lane(host, 0)), now + 48000, now + 80000);
	assert_int_equal(lane_count_ready(host_lane(host, 0), now), 0);
	assert_int_equal(host->context.active_count, 0);
	assert_true(host_has_file(host, ID));
}

static void
the_last_attempt_is_not_after_the_lifetime(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	uint64_t now = clock_monotonic_ms();
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->loaded->attempts = 1;
	message->loaded->fates[0] = message->loaded->fates[1] = FATE_DEFERRED;
	/* Ten seconds are left of it. */
	message->loaded->envelope.received_us -= UINT64_C(1000000) * (5 * 86400 - 10);
	conclude(host, unit, 0);
	assert_in_range(lane_next_due(host_lane(host, 0)), now + 1, now + 11000);
}

static void
a_failure_that_no_disk_took_stays_in_memory(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->loaded->fates[0] = FATE_SENT;
	message->loaded->fates[1] = FATE_UNTOLD;
	message->unrecorded = true;
	conclude(host, unit, 0);
	/* Read again it would be asked of the relay again. */
	assert_non_null(message->loaded);
	assert_int_equal(message->loaded->fates[1], FATE_UNTOLD);
	assert_false(unit->busy);
}

static void
the_next_part_of_a_message_comes_first(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	unit->counted = true;
	message->loaded->fates[0] = FATE_SENT;
	conclude(host, unit, 0);
	assert_int_equal(lane_next_due(host_lane(host, 0)), 0);
	/* It goes on with what it knows. */
	assert_non_null(message->loaded);
	assert_int_equal(message->loaded->fates[1], FATE_PENDING);
}

static void
what_was_not_decided_goes_behind_the_others(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	uint64_t now = clock_monotonic_ms();
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	conclude(host, unit, 0);
	assert_true(lane_next_due(host_lane(host, 0)) >= now);
	assert_null(message->loaded);
	unit = begin(host, 0);
	unit->counted = true;
	conclude(host, unit, 60000);
	assert_true(lane_next_due(host_lane(host, 0)) >= now + 60000);
}

static void
another_profile_keeps_nobody_from_being_tried_again(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, one_of_each, 2);
	struct unit *first;
	struct unit *second;

	(void)reading_pump(&host->context);
	first = begin(host, 0);
	second = begin(host, 1);
	assert_ptr_equal(second->message, message);
	message->loaded->fates[0] = FATE_DEFERRED;
	message->loaded->fates[1] = FATE_BUSY;
	conclude(host, first, 0);
	/* The other one is on the wire: what is loaded stays, and is to be tried. */
	assert_non_null(message->loaded);
	assert_int_equal(message->loaded->fates[0], FATE_PENDING);
	message->loaded->fates[1] = FATE_SENT;
	conclude(host, second, 0);
	assert_null(message->loaded);
	assert_ptr_equal(message->units, first);
	assert_int_equal(host_lane(host, 1)->unit_count, 0);
	assert_true(host_has_file(host, ID));
}

static void
what_was_rerouted_on_the_wire_is_read_again(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->misplaced = true;
	host->config.default_profile = &host->profiles[1];
	message->loaded->fates[0] = FATE_SENT;
	message->loaded->fates[1] = FATE_DEFERRED;
	conclude(host, unit, 0);
	assert_true(message->unread);
	assert_false(message->misplaced);
	assert_int_equal(host_lane(host, 0)->unit_count, 0);
	(void)reading_pump(&host->context);
	assert_int_equal(host_lane(host, 1)->unit_count, 1);
}

/* However it came that no unit is left for them. */
static void
nobody_is_forgotten_with_the_last_unit(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, two_of_one, 2);
	struct unit *unit;

	(void)reading_pump(&host->context);
	unit = begin(host, 0);
	message->loaded->fates[0] = FATE_SENT;
	message->loaded->lanes[1] = host_lane(host, 1);
	conclude(host, unit, 0);
	assert_true(host_has_file(host, ID));
	assert_true(message->unread);
	(void)reading_pump(&host->context);
	assert_int_equal(host_lane(host, 0)->unit_count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		what_is_delivered_leaves_the_queue, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_was_deferred_waits_for_its_time, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		the_last_attempt_is_not_after_the_lifetime, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		a_failure_that_no_disk_took_stays_in_memory, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		the_next_part_of_a_message_comes_first, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_was_not_decided_goes_behind_the_others, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		another_profile_keeps_nobody_from_being_tried_again, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_was_rerouted_on_the_wire_is_read_again, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		nobody_is_forgotten_with_the_last_unit, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
