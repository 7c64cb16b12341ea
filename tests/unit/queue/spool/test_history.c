/* SPDX-License-Identifier: ISC */
#include "queue/spool/history.h"

#include "tests/unit/queue/spool/fixture.h"

#define ID UINT64_C(0xab)
#define NAME "0000000000AB"
#define KEY "00112233445566ff"
#define OTHER_KEY "ffffffffffffffff"
#define NOW UINT64_C(1795328000000042)

static struct recipient recipients[3];
static const struct envelope envelope = {
    .key = KEY, .recipients = recipients, .recipient_count = 3};

static void
append(struct fixture *fixture, enum history_event event, long index, const char *reply)
{
	const struct history_line line = {event, index, reply};

	assert_int_equal(history_append(&fixture->spool, ID, KEY, NOW, &line, 1), 0);
}

static struct history
read_history(struct fixture *fixture)
{
	struct history history;

	assert_int_equal(history_read(&fixture->spool, ID, &envelope, &history), 0);
	assert_int_equal(history.count, 4);
	return history;
}

static void
put_history(struct fixture *fixture, const char *text)
{
	put_file(fixture->spool.history, NAME, text, strlen(text));
}

static void
octet_for_octet(void **state)
{
	const struct history_line lines[] = {
	    {HISTORY_ATTEMPT, -1, NULL},
	    {HISTORY_DEFERRED, 0, "450 4.2.0 try\r\nlater\x1b"},
	    {HISTORY_DELIVERED, 1, "250 ok"},
	    {HISTORY_FAILED, 2, "550 5.1.1 no such user"},
	    {HISTORY_BOUNCE, -1, "0000000000CD"},
	};
	struct fixture *fixture = *state;
	char *text;

	assert_int_equal(history_append(&fixture->spool, ID, KEY, NOW, lines, 5), 0);
	append(fixture, HISTORY_HELD, -1, "");
	append(fixture, HISTORY_RELEASED, -1, NULL);
	text = get_file(fixture->spool.history, NAME, NULL);
	assert_string_equal(text, "key: " KEY "\n"
				  "1795328000.000042 attempt -\n"
				  "1795328000.000042 deferred 0 450 4.2.0 try??later?\n"
				  "1795328000.000042 delivered 1 250 ok\n"
				  "1795328000.000042 failed 2 550 5.1.1 no such user\n"
				  "1795328000.000042 bounce - 0000000000CD\n"
				  "1795328000.000042 held -\n"
				  "1795328000.000042 released -\n");
	free(text);
}

static void
folded(void **state)
{
	struct fixture *fixture = *state;
	struct history history;

	append(fixture, HISTORY_ATTEMPT, -1, NULL);
	append(fixture, HISTORY_DEFERRED, 0, "450 first");
	append(fixture, HISTORY_DEFERRED, 1, "450 second");
	append(fixture, HISTORY_BOUNCE, 0, "0000000000CD"); /* he has not failed */
	history = read_history(fixture);
	assert_true(history.exists);
	assert_false(history.warned);
	assert_int_equal(history.attempts, 1);
	assert_int_equal(history.last_attempt_us, NOW);
	assert_int_equal(history.states[0], RECIPIENT_PENDING);
	assert_string_equal(history.replies[0], "450 first");
	assert_null(history.replies[2]);
	history_free(&history);

	append(fixture, HISTORY_BOUNCE, -1, "warning");
	append(fixture, HISTORY_ATTEMPT, -1, NULL);
	append(fixture, HISTORY_DELIVERED, 0, "250 ok");
	append(fixture, HISTORY_FAILED, 1, "550 no");
	append(fixture, HISTORY_FAILED, 2, "550 neither");
	append(fixture, HISTORY_BOUNCE, 1, "0000000000CE");
	append(fixture, HISTORY_DELIVERED, 3, "250 archived");
	history = read_history(fixture);
	assert_true(history.warned);
	assert_int_equal(history.attempts, 2);
	assert_int_equal(history.states[0], RECIPIENT_DELIVERED);
	assert_int_equal(history.states[1], RECIPIENT_FAILED);
	assert_int_equal(history.states[2], RECIPIENT_UNTOLD);
	assert_int_equal(history.states[3], RECIPIENT_DELIVERED);
	assert_string_equal(history.replies[1], "550 no");
	history_free(&history);

	/* What is final stays so. */
	append(fixture, HISTORY_FAILED, 0, "550 no");
	append(fixture, HISTORY_BOUNCE, 0, "0000000000CF");
	append(fixture, HISTORY_DEFERRED, 1, "450 later");
	append(fixture, HISTORY_DELIVERED, 2, "250 ok");
	history = read_history(fixture);
	assert_int_equal(history.states[0], RECIPIENT_DELIVERED);
	assert_int_equal(history.states[1], RECIPIENT_FAILED);
	assert_int_equal(history.states[2], RECIPIENT_UNTOLD);
	assert_string_equal(history.replies[1], "550 no");
	history_free(&history);
}

static void
none_is_empty(void **state)
{
	struct fixture *fixture = *state;
	struct history history = read_history(fixture);

	assert_false(history.exists);
	assert_int_equal(history.next_attempt, 0);
	assert_int_equal(history.states[0], RECIPIENT_PENDING);
	history_free(&history);
	assert_int_equal(history_remove(&fixture->spool, ID), 0);
}

static void
next_attempt_is_the_mtime(void **state)
{
	struct fixture *fixture = *state;
	struct history history;

	assert_int_equal(history_schedule(&fixture->spool, ID, 2000000000), -1);
	assert_int_equal(errno, ENOENT);
	append(fixture, HISTORY_ATTEMPT, -1, NULL);
	assert_int_equal(history_schedule(&fixture->spool, ID, 2000000000), 0);
	history = read_history(fixture);
	assert_int_equal(history.next_attempt, 2000000000);
	history_free(&history);
}

static void
another_key_is_ignored_and_removed(void **state)
{
	static const char *const texts[] = {
	    "key: " OTHER_KEY "\n1.000000 delivered 0 250 ok\n",
	    "key: " KEY,
	    "key: 0011",
	    "",
	    "1.000000 delivered 0 250 ok\n",
	    "key: " KEY " \n1.000000 delivered 0 250 ok\n",
	};
	struct fixture *fixture = *state;
	struct history history;
	char *text;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_history(fixture, texts[i]);
		history = read_history(fixture);
		assert_false(history.exists);
		assert_int_equal(history.states[0], RECIPIENT_PENDING);
		history_free(&history);
		assert_false(file_exists(fixture->spool.history, NAME));

		put_history(fixture, texts[i]);
		append(fixture, HISTORY_ATTEMPT, -1, NULL);
		text = get_file(fixture->spool.history, NAME, NULL);
		assert_string_equal(text, "key: " KEY "\n1795328000.000042 attempt -\n");
		free(text);
		assert_int_equal(history_remove(&fixture->spool, ID), 0);
	}
}

static void
a_torn_tail_never_counts(void **state)
{
	/* Where recipient 12 would have been 1 if the tail were taken for a line. */
	static const char *const tails[] = {
	    "1.000000 delivered 1",
	    "1.000000 delivered 1 250 2.0.0 O",
	    "1.000000 delivered",
	    "1.0",
	    "\x01",
	};
	struct fixture *fixture = *state;
	struct history history;
	char text[256];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(
		    text, sizeof(text), "key: " KEY "\n1.000000 failed 2 550 no\n%s", tails[i]);
		put_history(fixture, text);
		for (int appended = 0; appended < 2; appended++) {
			history = read_history(fixture);
			assert_true(history.exists);
			assert_int_equal(
			    history.states[0], appended ? RECIPIENT_DELIVERED : RECIPIENT_PENDING);
			assert_int_equal(history.states[1], RECIPIENT_PENDING);
			assert_int_equal(history.states[2], RECIPIENT_UNTOLD);
			history_free(&history);
			append(fixture, HISTORY_DELIVERED, 0, "250 ok");
		}
	}
}

static void
zeros_after_a_power_cut(void **state)
{
	static const char text[] = "key: " KEY "\n1.000000 delivered 1\0\0\0\0\0\0\0\0";
	struct fixture *fixture = *state;
	struct history history;

	put_file(fixture->spool.history, NAME, text, sizeof(text) - 1);
	append(fixture, HISTORY_DELIVERED, 0, "250 ok");
	history = read_history(fixture);
	assert_int_equal(history.states[0], RECIPIENT_DELIVERED);
	assert_int_equal(history.states[1], RECIPIENT_PENDING);
	history_free(&history);
}

static void
senseless_lines_are_skipped(void **state)
{
	struct fixture *fixture = *state;
	struct history history;

	put_history(fixture, "key: " KEY "\n"
			     "\n"
			     "1.000000 delivered\n"
			     "1.000000 delivered \n"
			     "1.000000 delivered -\n"
			     "1.000000 delivered -1\n"
			     "1.000000 delivered 00\n"
			     "1.000000 delivered 0x\n"
			     "1.000000 delivered 4\n"
			     "1.000000 delivered 99999999999999999999\n"
			     "1.000000 Delivered 0\n"
			     "1.000000 delivere 0\n"
			     "1.000000 deliveredx 0\n"
			     "1.000000  delivered 0\n"
			     "1 delivered 0\n"
			     " 1.000000 delivered 0\n"
			     "1.000000 delivered 0 a\tb\n"
			     "1.000000 delivered 1 250 ok\n");
	history = read_history(fixture);
	assert_int_equal(history.states[0], RECIPIENT_PENDING);
	assert_int_equal(history.states[1], RECIPIENT_DELIVERED);
	assert_int_equal(history.states[2], RECIPIENT_PENDING);
	history_free(&history);
}

static void
replies_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct history history;
	char reply[4001];

	memset(reply, 'x', sizeof(reply) - 1);
	reply[sizeof(reply) - 1] = '\0';
	append(fixture, HISTORY_DEFERRED, 0, reply);
	memcpy(reply + 998, "\xe2\x82\xac", 3); /* would be cut in the middle */
	append(fixture, HISTORY_DEFERRED, 1, reply);
	reply[1000] = '\0';
	append(fixture, HISTORY_DEFERRED, 2, reply);
	history = read_history(fixture);
	assert_int_equal(strlen(history.replies[0]), 1000);
	assert_int_equal(strlen(history.replies[1]), 998);
	assert_int_equal(strlen(history.replies[2]), 1000);
	history_free(&history);
}

static void
recipient_events_need_a_recipient(void **state)
{
	const struct history_line lines[] = {
	    {HISTORY_ATTEMPT, -1, NULL},
	    {HISTORY_DELIVERED, -1, "250 ok"},
	};
	struct fixture *fixture = *state;

	assert_int_equal(history_append(&fixture->spool, ID, KEY, NOW, lines, 2), -1);
	assert_int_equal(errno, EINVAL);
	assert_false(file_exists(fixture->spool.history, NAME));
}

static void
a_symlink_is_not_followed(void **state)
{
	const struct history_line line = {HISTORY_ATTEMPT, -1, NULL};
	struct fixture *fixture = *state;
	struct history history;

	put_file(fixture->spool.root, "target", "", 0);
	assert_int_equal(symlinkat("../target", fixture->spool.history, NAME), 0);
	assert_int_equal(history_read(&fixture->spool, ID, &envelope, &history), -1);
	assert_int_equal(history_append(&fixture->spool, ID, KEY, NOW, &line, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(octet_for_octet, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(folded, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(none_is_empty, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		next_attempt_is_the_mtime, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		another_key_is_ignored_and_removed, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_torn_tail_never_counts, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		zeros_after_a_power_cut, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		senseless_lines_are_skipped, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(replies_are_bounded, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		recipient_events_need_a_recipient, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_symlink_is_not_followed, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
