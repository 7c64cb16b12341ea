/* SPDX-License-Identifier: ISC */
#include "queue/reading.h"

#include "tests/unit/queue/context.h"

#define ID UINT64_C(0x660D83D00001)
#define NAME "660D83D00001"

static char bob[] = "bob@example.org";
static char carol[] = "carol@example.org";
static char dave[] = "dave@example.net"; /* routed to the other profile */

static struct recipient recipients[] = {{.address = bob}, {.address = dave}, {.address = carol}};

static void
each_profile_gets_its_unit(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 3);

	assert_int_equal(host->context.unread_count, 1);
	assert_true(host->context.reading.armed);
	assert_true(reading_pump(&host->context) == UINT64_MAX);
	assert_false(message->unread);
	assert_int_equal(host->context.unread_count, 0);
	assert_int_equal(host_lane(host, 0)->unit_count, 1);
	assert_int_equal(host_lane(host, 1)->unit_count, 1);
	assert_null(message->loaded);
}

static void
without_a_profile_it_waits_nowhere(void **state)
{
	struct host *host = *state;

	host->config.default_profile = NULL;
	(void)host_queue(host, ID, recipients, 1);
	(void)reading_pump(&host->context);
	assert_int_equal(host->context.nowhere->unit_count, 1);
}

static void
read_again_it_goes_where_the_routes_lead_now(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 3);

	(void)reading_pump(&host->context);
	host->config.route_count = 0;
	reading_again(&host->context, message, 0);
	assert_int_equal(host_lane(host, 0)->unit_count, 0);
	assert_int_equal(host_lane(host, 1)->unit_count, 0);
	(void)reading_pump(&host->context);
	assert_int_equal(host_lane(host, 0)->unit_count, 1);
	assert_int_equal(host_lane(host, 1)->unit_count, 0);
}

static void
what_is_gone_is_forgotten(void **state)
{
	struct host *host = *state;

	(void)host_queue(host, ID, recipients, 1);
	assert_int_equal(unlinkat(host->context.spool.queue, NAME, 0), 0);
	(void)reading_pump(&host->context);
	assert_null(backlog_find(host->context.backlog, ID));
	assert_int_equal(host->context.unread_count, 0);
}

static void
what_is_no_message_goes_to_corrupt(void **state)
{
	struct host *host = *state;

	(void)host_queue(host, ID, recipients, 1);
	put_file(host->context.spool.queue, NAME, "nonsense", 8);
	(void)reading_pump(&host->context);
	assert_null(backlog_find(host->context.backlog, ID));
	assert_true(file_exists(host->context.spool.corrupt, NAME));
}

static void
what_a_newer_version_wrote_stays(void **state)
{
	static const char text[] = "postoak-message 2\nkey: 0123456789abcdef\n";
	struct host *host = *state;

	(void)host_queue(host, ID, recipients, 1);
	put_file(host->context.spool.queue, NAME, text, strlen(text));
	(void)reading_pump(&host->context);
	assert_null(backlog_find(host->context.backlog, ID));
	assert_true(host_has_file(host, ID));
	assert_int_equal(host->context.newer_count, 1);
}

/* A history that cannot be read: the message waits, and is not asked all the time. */
static void
what_cannot_be_read_is_not_read_ahead(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 1);
	uint64_t wait;

	assert_int_equal(mkdirat(host->context.spool.history, NAME, 0700), 0);
	wait = reading_pump(&host->context);
	assert_in_range(wait, 30000, 90000);
	assert_int_equal(host->context.unread_count, 1);
	wait = reading_pump(&host->context);
	assert_in_range(wait, 30000, 90000);
	/* Once it can be read and is due, it is. */
	assert_int_equal(unlinkat(host->context.spool.history, NAME, AT_REMOVEDIR), 0);
	heap_remove(&host->context.unread, &message->unit.node);
	message->unit.node.due = 0;
	heap_insert(&host->context.unread, &message->unit.node);
	assert_true(reading_pump(&host->context) == UINT64_MAX);
	assert_false(message->unreadable);
	assert_int_equal(host_lane(host, 0)->unit_count, 1);
}

static void
one_pass_does_not_wait_for_what_cannot_be_read(void **state)
{
	struct host *host = *state;

	host->context.one_pass = true;
	(void)host_queue(host, ID, recipients, 1);
	assert_int_equal(mkdirat(host->context.spool.history, NAME, 0700), 0);
	assert_true(reading_pump(&host->context) == UINT64_MAX);
	assert_int_equal(host->context.unread_count, 0);
	assert_true(host_has_file(host, ID));
}

/* postoakd -s: what is not meant stays where it is, unknown. */
static void
one_pass_forgets_what_is_not_meant(void **state)
{
	const struct selection selection = {.words = {"Rdave@"}, .count = 1};
	struct host *host = *state;

	host->context.one_pass = true;
	host->context.selection = &selection;
	(void)host_queue(host, ID, recipients, 1);
	(void)host_queue(host, ID + 1, recipients, 2);
	assert_true(reading_pump(&host->context) == UINT64_MAX);
	assert_null(backlog_find(host->context.backlog, ID));
	assert_true(host_has_file(host, ID));
	assert_non_null(backlog_find(host->context.backlog, ID + 1));
	assert_int_equal(host_lane(host, 1)->unit_count, 1);
}

static void
read_now_it_is_in_its_lane(void **state)
{
	struct host *host = *state;
	struct message *first = host_queue(host, ID, recipients, 1);
	struct message *second = host_queue(host, ID + 1, recipients, 1);

	reading_now(&host->context, second);
	assert_true(first->unread);
	assert_false(second->unread);
	assert_int_equal(host->context.unread_count, 1);
	assert_int_equal(host_lane(host, 0)->unit_count, 1);
}

/* Nobody knows yet what was delivered. */
static void
without_the_delivered_log_it_is_only_due(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 1);
	struct delivered *delivered = host->context.delivered;

	heap_remove(&host->context.unread, &message->unit.node);
	message->unit.node.due = UINT64_MAX - 1;
	heap_insert(&host->context.unread, &message->unit.node);
	host->context.delivered = NULL;
	reading_now(&host->context, message);
	host->context.delivered = delivered;
	assert_true(message->unread);
	assert_int_equal(host->context.unread_count, 1);
	assert_true(heap_first(&host->context.unread)->due <= clock_monotonic_ms());
}

static void
what_is_not_due_is_read_a_few_at_a_time(void **state)
{
	struct host *host = *state;
	size_t unread = 300;

	for (uint64_t id = ID; id < ID + 300; id++) {
		struct message *message = host_queue(host, id, recipients, 1);

		heap_remove(&host->context.unread, &message->unit.node);
		message->unit.node.due = UINT64_MAX - 1;
		heap_insert(&host->context.unread, &message->unit.node);
	}
	while (unread > 0) {
		size_t before = unread;
		uint64_t wait = reading_pump(&host->context);

		unread = host->context.unread_count;
		assert_in_range(before - unread, 1, 100);
		if (unread > 0)
			assert_in_range(wait, 1, 1000);
	}
	assert_int_equal(host_lane(host, 0)->unit_count, 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(each_profile_gets_its_unit, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		without_a_profile_it_waits_nowhere, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		read_again_it_goes_where_the_routes_lead_now, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(what_is_gone_is_forgotten, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_no_message_goes_to_corrupt, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_a_newer_version_wrote_stays, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_read_is_not_read_ahead, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		one_pass_does_not_wait_for_what_cannot_be_read, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		one_pass_forgets_what_is_not_meant, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(read_now_it_is_in_its_lane, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		without_the_delivered_log_it_is_only_due, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_not_due_is_read_a_few_at_a_time, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
