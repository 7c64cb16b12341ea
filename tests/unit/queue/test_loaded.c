/* SPDX-License-Identifier: ISC */
#include "queue/loaded.h"

#include "tests/unit/queue/context.h"

#include "queue/spool/history.h"

#define ID UINT64_C(0x660D83D00001)
#define NAME "660D83D00001"

static char bob[] = "bob@example.org";
static char carol[] = "carol@example.org";
static char dave[] = "dave@example.net"; /* routed to the other profile */

static struct recipient recipients[] = {{.address = bob}, {.address = dave}, {.address = carol}};

static void
load(struct host *host, struct message *message)
{
	struct error error;

	if (loaded_open(&host->context, message, &error) != LOADED_OK)
		fail_msg("%s", error.text);
}

static void
append(const struct host *host, const struct message *message, const struct history_line *lines,
    size_t count)
{
	assert_int_equal(history_append(&host->context.spool, ID, message->loaded->envelope.key,
			     clock_wall_us(), lines, count),
	    0);
}

static void
a_new_message_is_all_to_be_tried(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 3);
	const struct loaded *loaded;

	load(host, message);
	loaded = message->loaded;
	assert_int_equal(loaded_count(loaded, NULL, FATE_PENDING), 3);
	assert_int_equal(loaded_count(loaded, host_lane(host, 0), FATE_PENDING), 2);
	assert_int_equal(loaded_count(loaded, host_lane(host, 1), FATE_PENDING), 1);
	assert_ptr_equal(loaded->lanes[1], host_lane(host, 1));
	assert_int_equal(loaded->attempts, 0);
	assert_true(loaded_has_open(loaded));
	loaded_close(message);
	assert_null(message->loaded);
	loaded_close(message);
}

static void
the_history_tells_what_was(void **state)
{
	static const struct history_line lines[] = {
	    {HISTORY_ATTEMPT, -1, "relay"},
	    {HISTORY_DELIVERED, 0, "250 Ok"},
	    {HISTORY_DEFERRED, 1, "450 later"},
	    {HISTORY_FAILED, 2, "550 no"},
	};
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 3);
	const struct loaded *loaded;

	load(host, message);
	append(host, message, lines, 4);
	loaded_close(message);
	load(host, message);
	loaded = message->loaded;
	assert_int_equal(loaded->attempts, 1);
	assert_int_equal(loaded->fates[0], FATE_SENT);
	assert_int_equal(loaded->fates[1], FATE_PENDING);
	assert_string_equal(loaded->replies[1], "450 later");
	assert_int_equal(loaded->fates[2], FATE_UNTOLD);
	assert_false(loaded_is_open(loaded, 0));
	assert_true(loaded_is_open(loaded, 2));
	assert_null(loaded->lanes[0]);
}

/* A history may have lost its end; what the log says is written into it again. */
static void
the_delivered_log_is_the_truth(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 3);
	char *text;

	assert_int_equal(message_add_final(message, 0, false), 0);
	assert_int_equal(message_add_final(message, 2, true), 0);
	/* No recipient of this message. */
	assert_int_equal(message_add_final(message, 700, true), 0);
	load(host, message);
	assert_int_equal(message->loaded->fates[0], FATE_SENT);
	assert_int_equal(message->loaded->fates[1], FATE_PENDING);
	assert_int_equal(message->loaded->fates[2], FATE_FAILED);
	text = get_file(host->context.spool.history, NAME, NULL);
	assert_non_null(strstr(text, "delivered 0"));
	assert_non_null(strstr(text, "failed 2"));
	assert_non_null(strstr(text, "bounce 2"));
	free(text);
	assert_int_equal(message_add_final(message, 1, false), 0);
	loaded_close(message);
	load(host, message);
	assert_false(loaded_has_open(message->loaded));
}

static void
a_message_from_the_future_is_new(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 1);

	load(host, message);
	message->loaded->envelope.received_us = clock_wall_us() + UINT64_C(86400000000);
	assert_int_equal(loaded_age_us(message->loaded), 0);
	message->loaded->envelope.received_us = clock_wall_us() - 5000000;
	assert_in_range(loaded_age_us(message->loaded), 5000000, 60000000);
}

static void
the_archive_copy_is_nobodys_business(void **state)
{
	static char archive[] = "sent@example.com";
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 1);
	const struct loaded *loaded;

	load(host, message);
	loaded = message->loaded;
	assert_int_equal(loaded->count, 2);
	assert_false(loaded_is_open(loaded, 1));
	loaded->fates[1] = FATE_DEFERRED;
	assert_int_equal(loaded_count(loaded, NULL, FATE_DEFERRED), 0);
	assert_string_equal(loaded_address(loaded, host_lane(host, 0), 0), bob);
	assert_string_equal(loaded_address(loaded, host_lane(host, 0), 1), "archive");
	host->profiles[0].archive = archive;
	assert_string_equal(loaded_address(loaded, host_lane(host, 0), 1), archive);
}

static void
what_cannot_be_loaded_says_why(void **state)
{
	struct host *host = *state;
	struct message *message = host_queue(host, ID, recipients, 1);
	struct error error;

	put_file(host->context.spool.queue, NAME, "nonsense", 8);
	assert_int_equal(loaded_open(&host->context, message, &error), LOADED_CORRUPT);
	put_file(host->context.spool.queue, NAME, "postoak-message 2\n", 18);
	assert_int_equal(loaded_open(&host->context, message, &error), LOADED_NEWER);
	assert_int_equal(unlinkat(host->context.spool.queue, NAME, 0), 0);
	assert_int_equal(loaded_open(&host->context, message, &error), LOADED_ABSENT);
	assert_null(message->loaded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_new_message_is_all_to_be_tried, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(the_history_tells_what_was, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		the_delivered_log_is_the_truth, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		a_message_from_the_future_is_new, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		the_archive_copy_is_nobodys_business, host_setup, host_teardown),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_loaded_says_why, host_setup, host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
