/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>

#include "queue/delivery/work.h"

struct ends {
	int pair[2];
	struct channel_message message;
};

static int
setup(void **state)
{
	struct ends *ends = calloc(1, sizeof(*ends));

	*state = ends;
	return ends == NULL || channel_pair(ends->pair) < 0 ||
		       channel_message_init(&ends->message) < 0
		   ? -1
		   : 0;
}

static int
teardown(void **state)
{
	struct ends *ends = *state;

	channel_message_free(&ends->message);
	close(ends->pair[0]);
	close(ends->pair[1]);
	free(ends);
	return 0;
}

static void
receive(struct ends *ends, enum work_message type)
{
	assert_int_equal(channel_receive(ends->pair[1], &ends->message), 1);
	assert_int_equal(ends->message.type, type);
}

static void
fill_outcome(struct outcome *outcome)
{
	*outcome = (struct outcome){
	    .scope = SCOPE_RECIPIENT,
	    .class = OUTCOME_NEVER,
	    .profile = PROFILE_SUSPEND,
	    .code = 550,
	    .hold = 4000000000u,
	};
	strlcpy(outcome->enhanced, "5.123.123", sizeof(outcome->enhanced));
	memset(outcome->text, 't', sizeof(outcome->text) - 1);
	memset(outcome->advice, 'a', sizeof(outcome->advice) - 1);
}

static void
the_largest_order_arrives(void **state)
{
	struct ends *ends = *state;
	struct work_deliver sent = {.transaction = UINT64_MAX, .id = 0x123456789abc}, got;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int fd;

	memset(sent.user, 'u', sizeof(sent.user) - 1);
	sent.count = WORK_RECIPIENTS_MAX;
	sent.indexes = calloc(sent.count, sizeof(*sent.indexes));
	assert_non_null(sent.indexes);
	for (uint32_t i = 0; i < sent.count; i++)
		sent.indexes[i] = UINT32_MAX - i;
	assert_int_equal(work_send_deliver(ends->pair[0], &sent, file), 0);
	receive(ends, WORK_DELIVER);
	assert_int_equal(work_unpack_deliver(&ends->message, &got), 0);
	assert_true(got.transaction == sent.transaction && got.id == sent.id);
	assert_string_equal(got.user, sent.user);
	assert_int_equal(got.count, sent.count);
	assert_memory_equal(got.indexes, sent.indexes, sent.count * sizeof(*sent.indexes));
	fd = channel_take_fd(&ends->message, 0);
	assert_true(fd >= 0);
	sent.count++;
	assert_int_equal(work_send_deliver(ends->pair[0], &sent, file), -1);
	sent.count = 0;
	assert_int_equal(work_send_deliver(ends->pair[0], &sent, file), -1);
	close(fd);
	close(file);
	free(got.indexes);
	free(sent.indexes);
}

static void
reports_arrive_whole(void **state)
{
	struct ends *ends = *state;
	struct work_ready ready = {.dsn = true, .size = 157286400, .connect_seconds = 1.25}, ready2;
	struct work_result result = {.transaction = 7, .index = WORK_ALL_RECIPIENTS}, result2;
	struct work_ended ended = {.transaction = 8, .transmission_seconds = 0.5, .corrupt = true};
	struct work_ended ended2;
	struct work_failed failed, failed2;

	memset(ready.relay, 'r', sizeof(ready.relay) - 1);
	assert_int_equal(work_send_ready(ends->pair[0], &ready), 0);
	receive(ends, WORK_READY);
	assert_int_equal(work_unpack_ready(&ends->message, &ready2), 0);
	assert_string_equal(ready2.relay, ready.relay);
	assert_true(ready2.dsn && ready2.size == ready.size && ready2.connect_seconds == 1.25);

	fill_outcome(&result.outcome);
	assert_int_equal(work_send_result(ends->pair[0], &result), 0);
	receive(ends, WORK_RESULT);
	assert_int_equal(work_unpack_result(&ends->message, &result2), 0);
	assert_int_equal(result2.index, WORK_ALL_RECIPIENTS);
	assert_memory_equal(&result2.outcome, &result.outcome, sizeof(result.outcome));

	memset(ended.from, 'f', sizeof(ended.from) - 1);
	memset(ended.reply_to, 'r', sizeof(ended.reply_to) - 1);
	assert_int_equal(work_send_ended(ends->pair[0], &ended), 0);
	receive(ends, WORK_ENDED);
	assert_int_equal(work_unpack_ended(&ends->message, &ended2), 0);
	assert_string_equal(ended2.from, ended.from);
	assert_string_equal(ended2.reply_to, ended.reply_to);
	assert_true(ended2.corrupt && ended2.transmission_seconds == 0.5);

	memset(&failed, 0, sizeof(failed));
	fill_outcome(&failed.outcome);
	memset(failed.relay, 'r', sizeof(failed.relay) - 1);
	assert_int_equal(work_send_failed(ends->pair[0], &failed), 0);
	receive(ends, WORK_FAILED);
	assert_int_equal(work_unpack_failed(&ends->message, &failed2), 0);
	assert_string_equal(failed2.relay, failed.relay);
	assert_memory_equal(&failed2.outcome, &failed.outcome, sizeof(failed.outcome));
}

/* Every body cut short, and every body with more at its end, is refused. */
static void
cut_bodies_are_refused(void **state)
{
	struct ends *ends = *state;
	struct work_result result = {.transaction = 7}, got;
	size_t whole;

	fill_outcome(&result.outcome);
	result.outcome.text[100] = '\0';
	assert_int_equal(work_send_result(ends->pair[0], &result), 0);
	receive(ends, WORK_RESULT);
	whole = ends->message.length;
	for (ends->message.length = 0; ends->message.length < whole; ends->message.length++)
		assert_int_equal(work_unpack_result(&ends->message, &got), -1);
	assert_int_equal(work_unpack_result(&ends->message, &got), 0);
	ends->message.length = whole + 1;
	assert_int_equal(work_unpack_result(&ends->message, &got), -1);
}

/* A captured worker can send any octet: what comes out stays within its type. */
static void
forged_bodies_stay_within_their_types(void **state)
{
	struct ends *ends = *state;
	struct work_result result = {.transaction = 7}, got;
	struct work_deliver order;
	size_t whole;

	fill_outcome(&result.outcome);
	result.outcome.text[10] = '\0';
	result.outcome.advice[10] = '\0';
	assert_int_equal(work_send_result(ends->pair[0], &result), 0);
	receive(ends, WORK_RESULT);
	whole = ends->message.length;
	for (size_t i = 0; i < whole; i++) {
		unsigned char saved = ends->message.body[i];

		for (unsigned value = 0; value < 256; value++) {
			ends->message.body[i] = (unsigned char)value;
			if (work_unpack_result(&ends->message, &got) < 0)
				continue;
			assert_true(got.outcome.scope <= SCOPE_RECIPIENT);
			assert_true(got.outcome.class <= OUTCOME_NEVER);
			assert_true(got.outcome.profile <= PROFILE_SUSPEND);
			assert_true(got.outcome.code < 1000);
		}
		ends->message.body[i] = saved;
	}
	/* An order that announces more recipients than it has, or none. */
	memset(ends->message.body, 0, 64);
	ends->message.length = 64;
	assert_int_equal(work_unpack_deliver(&ends->message, &order), -1);
	memset(ends->message.body, 0xff, 64);
	assert_int_equal(work_unpack_deliver(&ends->message, &order), -1);
}

/* Texts end up in logs and bounces, line by line. */
static void
texts_are_one_line(void **state)
{
	struct ends *ends = *state;
	struct work_result result = {.transaction = 7}, got;
	struct work_failed failed = {.relay = "host\nx"}, failed2;

	fill_outcome(&result.outcome);
	strlcpy(result.outcome.text, "550 no\r\nTo: all\x7f \xc3\xbc", sizeof(result.outcome.text));
	assert_int_equal(work_send_result(ends->pair[0], &result), 0);
	receive(ends, WORK_RESULT);
	assert_int_equal(work_unpack_result(&ends->message, &got), 0);
	assert_string_equal(got.outcome.text, "550 no??To: all? \xc3\xbc");
	assert_int_equal(work_send_failed(ends->pair[0], &failed), 0);
	receive(ends, WORK_FAILED);
	assert_int_equal(work_unpack_failed(&ends->message, &failed2), 0);
	assert_string_equal(failed2.relay, "host?x");

	strlcpy(result.outcome.enhanced, "5\nTo: all", sizeof(result.outcome.enhanced));
	assert_int_equal(work_send_result(ends->pair[0], &result), 0);
	receive(ends, WORK_RESULT);
	assert_int_equal(work_unpack_result(&ends->message, &got), -1);
}

static void
impossible_times_are_not_sent(void **state)
{
	struct ends *ends = *state;
	struct work_ended ended = {.transmission_seconds = -1}, got;

	assert_int_equal(work_send_ended(ends->pair[0], &ended), 0);
	receive(ends, WORK_ENDED);
	assert_int_equal(work_unpack_ended(&ends->message, &got), 0);
	assert_true(got.transmission_seconds == 0);
	memset(ends->message.body + 8, 0xff, 8);
	assert_int_equal(work_unpack_ended(&ends->message, &got), -1);
}

/* Unread orders must not cost the runner our last report. */
static void
the_last_report_survives_unread_orders(void **state)
{
	struct ends *ends = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(work_send_quit(ends->pair[0]), 0);
	assert_int_equal(work_send_closed(ends->pair[1]), 0);
	work_close(ends->pair[1]);
	assert_int_equal(channel_receive(ends->pair[0], &ends->message), 1);
	assert_int_equal(ends->message.type, WORK_CLOSED);
	assert_int_equal(channel_receive(ends->pair[0], &ends->message), 0);
	ends->pair[1] = dup(ends->pair[0]); /* for teardown */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_largest_order_arrives, setup, teardown),
	    cmocka_unit_test_setup_teardown(reports_arrive_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(cut_bodies_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(forged_bodies_stay_within_their_types, setup, teardown),
	    cmocka_unit_test_setup_teardown(texts_are_one_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(impossible_times_are_not_sent, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		the_last_report_survives_unread_orders, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
