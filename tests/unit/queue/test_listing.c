/* SPDX-License-Identifier: ISC */
#include "queue/listing.h"

#include <time.h>

#include <bsd/string.h>

#include "tests/unit/queue/spooled.h"

#include "queue/spool/history.h"

#define FIRST UINT64_C(0x660D83D00001)
#define SECOND UINT64_C(0x660D83D00002)
#define THIRD UINT64_C(0x660D83D00003)
#define TEXT "Subject: x\r\n\r\nHello.\r\n" /* 22 octets */

#define HEADING "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"

static char alice[] = "alice@example.com";
static char nobody[] = "";
static char bob[] = "bob@example.org";
static char carol[] = "carol@example.org";
static char dave[] = "dave@example.net";

static int
setup(void **state)
{
	setenv("TZ", "UTC", 1);
	tzset();
	return fixture_setup(state);
}

static void
assert_listed(
    const struct fixture *fixture, const struct listing_options *options, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct error error;

	assert_non_null(out);
	if (listing_write(&fixture->spool, options, out, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
}

static void
an_empty_queue(void **state)
{
	const struct fixture *fixture = *state;

	assert_listed(fixture, &(struct listing_options){0}, "Mail queue is empty\n");
	assert_listed(fixture, &(struct listing_options){.json = true}, "");
}

static void
one_message_is_one_request(void **state)
{
	const struct fixture *fixture = *state;
	struct recipient recipients[] = {{.address = bob}, {.address = carol}};
	struct envelope envelope = envelope_for(alice, recipients, 2);

	put_message(fixture->spool.queue, FIRST, &envelope, TEXT);
	assert_listed(fixture, &(struct listing_options){0},
	    HEADING "660D83D00001      22 Sat Nov 21 22:13:20  alice@example.com\n"
		    "                                         bob@example.org\n"
		    "                                         carol@example.org\n"
		    "\t\tTotal requests: 1\n"
		    "\n"
		    "-- 0 Kbytes in 1 Request.\n");
}

static bool
first_is_active(uint64_t id, void *context)
{
	(void)context;
	return id == FIRST;
}

/* In all three directories, in the order of ids within each. */
static void
marks_tell_what_is_active_and_what_is_held(void **state)
{
	const struct fixture *fixture = *state;
	struct recipient recipient = {.address = bob};
	struct envelope first = envelope_for(alice, &recipient, 1);
	struct envelope second = envelope_for(alice, &recipient, 1);
	struct envelope third = envelope_for(nobody, &recipient, 1);

	put_message(fixture->spool.queue, SECOND, &second, TEXT);
	put_message(fixture->spool.queue, FIRST, &first, TEXT);
	put_message(fixture->spool.hold, THIRD, &third, TEXT);
	assert_listed(fixture, &(struct listing_options){.active = first_is_active},
	    HEADING "660D83D00001*      22 Sat Nov 21 22:13:20  alice@example.com\n"
		    "                                         bob@example.org\n"
		    "\n"
		    "660D83D00002      22 Sat Nov 21 22:13:20  alice@example.com\n"
		    "                                         bob@example.org\n"
		    "\n"
		    "660D83D00003!      22 Sat Nov 21 22:13:20  MAILER-DAEMON\n"
		    "                                         bob@example.org\n"
		    "\t\tTotal requests: 3\n"
		    "\n"
		    "-- 0 Kbytes in 3 Requests.\n");
}

/* Bob is delivered, Carol and Dave wait for the same reason. */
static void
put_deferred(const struct fixture *fixture)
{
	static const struct history_line lines[] = {
	    {HISTORY_ATTEMPT, -1, "relay"},
	    {HISTORY_DELIVERED, 0, "250 2.0.0 Ok"},
	    {HISTORY_DEFERRED, 1, "450 4.2.1 \"later\""},
	    {HISTORY_DEFERRED, 2, "450 4.2.1 \"later\""},
	};
	struct recipient recipients[] = {{.address = bob}, {.address = carol}, {.address = dave}};
	struct envelope envelope = envelope_for(alice, recipients, 3);

	put_message(fixture->spool.queue, FIRST, &envelope, TEXT);
	assert_int_equal(
	    history_append(&fixture->spool, FIRST, envelope.key, RECEIVED * 1000000, lines, 4), 0);
	assert_int_equal(history_schedule(&fixture->spool, FIRST, (time_t)RECEIVED + 3600), 0);
}

static void
a_reason_is_given_once_and_who_is_done_is_left_out(void **state)
{
	const struct fixture *fixture = *state;

	put_deferred(fixture);
	assert_listed(fixture, &(struct listing_options){0},
	    HEADING
	    "660D83D00001      22 Sat Nov 21 22:13:20  alice@example.com\n"
	    "                         (450 4.2.1 \"later\"; next attempt 2026-11-21 23:13:20)\n"
	    "                                         carol@example.org\n"
	    "                                         dave@example.net\n"
	    "\t\tTotal requests: 1\n"
	    "\n"
	    "-- 0 Kbytes in 1 Request.\n");
}

static bool
waits_for_the_profile(uint64_t id, char *reason, size_t size, void *context)
{
	(void)id;
	(void)snprintf(reason, size, "profile office suspended: %s", (const char *)context);
	return true;
}

static void
what_the_profile_waits_for_comes_before_old_replies(void **state)
{
	const struct fixture *fixture = *state;
	char advice[] = "Run: postoak oauth grant office, and look at the address that it shows "
			"in a browser";

	put_deferred(fixture);
	assert_listed(fixture,
	    &(struct listing_options){.waits = waits_for_the_profile, .context = advice},
	    HEADING
	    "660D83D00001      22 Sat Nov 21 22:13:20  alice@example.com\n"
	    "(profile office suspended: Run: postoak oauth grant office, and look at the address "
	    "that it shows in a browser)\n"
	    "                                         carol@example.org\n"
	    "                                         dave@example.net\n"
	    "\t\tTotal requests: 1\n"
	    "\n"
	    "-- 0 Kbytes in 1 Request.\n");
}

static void
json_has_postfixs_members(void **state)
{
	const struct fixture *fixture = *state;
	struct recipient recipient = {.address = bob};
	struct envelope second = envelope_for(nobody, &recipient, 1);
	struct envelope third = envelope_for(alice, &recipient, 1);

	put_deferred(fixture);
	put_message(fixture->spool.hold, SECOND, &second, TEXT);
	put_message(fixture->spool.incoming, THIRD, &third, TEXT);
	assert_listed(fixture, &(struct listing_options){.json = true},
	    "{\"queue_name\": \"incoming\", \"queue_id\": \"660D83D00003\", "
	    "\"arrival_time\": 1795299200, \"message_size\": 22, \"forced_expire\": false, "
	    "\"sender\": \"alice@example.com\", "
	    "\"recipients\": [{\"address\": \"bob@example.org\"}]}\n"
	    "{\"queue_name\": \"deferred\", \"queue_id\": \"660D83D00001\", "
	    "\"arrival_time\": 1795299200, \"message_size\": 22, \"forced_expire\": false, "
	    "\"sender\": \"alice@example.com\", \"recipients\": ["
	    "{\"address\": \"carol@example.org\", \"delay_reason\": "
	    "\"450 4.2.1 \\\"later\\\"; next attempt 2026-11-21 23:13:20\"}, "
	    "{\"address\": \"dave@example.net\", \"delay_reason\": "
	    "\"450 4.2.1 \\\"later\\\"; next attempt 2026-11-21 23:13:20\"}]}\n"
	    "{\"queue_name\": \"hold\", \"queue_id\": \"660D83D00002\", "
	    "\"arrival_time\": 1795299200, \"message_size\": 22, \"forced_expire\": false, "
	    "\"sender\": \"\", \"recipients\": [{\"address\": \"bob@example.org\"}]}\n");
}

static void
what_is_no_message_is_left_out(void **state)
{
	const struct fixture *fixture = *state;

	put_file(fixture->spool.queue, "660D83D00001", "nonsense", 8);
	put_file(fixture->spool.queue, "notes.txt", "x", 1);
	assert_listed(fixture, &(struct listing_options){0}, "Mail queue is empty\n");
}

static void
kbytes_are_summed_up(void **state)
{
	const struct fixture *fixture = *state;
	struct recipient recipient = {.address = bob};
	struct envelope first = envelope_for(alice, &recipient, 1);
	struct envelope second = envelope_for(alice, &recipient, 1);
	char text[1100] = "Subject: x\r\n\r\n";

	memset(text + strlen(text), 'x', sizeof(text) - 3 - strlen(text));
	strlcat(text, "\r\n", sizeof(text));
	put_message(fixture->spool.queue, FIRST, &first, text);
	put_message(fixture->spool.queue, SECOND, &second, text);
	assert_listed(fixture, &(struct listing_options){0},
	    HEADING "660D83D00001    1099 Sat Nov 21 22:13:20  alice@example.com\n"
		    "                                         bob@example.org\n"
		    "\n"
		    "660D83D00002    1099 Sat Nov 21 22:13:20  alice@example.com\n"
		    "                                         bob@example.org\n"
		    "\t\tTotal requests: 2\n"
		    "\n"
		    "-- 2 Kbytes in 2 Requests.\n");
}

static void
a_reader_that_is_gone_is_an_error(void **state)
{
	const struct fixture *fixture = *state;
	FILE *out = fopen("/dev/full", "w");
	struct error error = {0};

	assert_non_null(out);
	put_deferred(fixture);
	assert_int_equal(
	    listing_write(&fixture->spool, &(struct listing_options){0}, out, &error), -1);
	assert_int_not_equal(error.status, 0);
	fclose(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_empty_queue, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(one_message_is_one_request, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		marks_tell_what_is_active_and_what_is_held, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_reason_is_given_once_and_who_is_done_is_left_out, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_the_profile_waits_for_comes_before_old_replies, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(json_has_postfixs_members, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_no_message_is_left_out, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(kbytes_are_summed_up, setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_reader_that_is_gone_is_an_error, setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
