/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "queue/delivery/transcript.h"
#include "queue/delivery/work.h"

static const char token[] = "eyJhbGciOi.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnop";

static int pair[2];
static struct channel_message message;
static struct transcript *transcript;

static int
begin(void **state)
{
	const int room = 1 << 20; /* nobody reads while it is written */

	(void)state;
	if (channel_pair(pair) < 0 || channel_message_init(&message) < 0)
		return -1;
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	transcript = transcript_new(pair[0]);
	return transcript == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	transcript_free(transcript);
	channel_message_free(&message);
	close(pair[0]);
	close(pair[1]);
	return 0;
}

/* The next line; "" where there is none. */
static const char *
next(void)
{
	static char line[WORK_TRANSCRIPT_MAX];

	line[0] = '\0';
	if (recv(pair[1], NULL, 0, MSG_PEEK | MSG_DONTWAIT) < 0)
		return line;
	assert_int_equal(channel_receive(pair[1], &message), 1);
	assert_int_equal(message.type, WORK_TRANSCRIPT);
	assert_int_equal(work_unpack_transcript(&message, line), 0);
	return line;
}

static struct reply
reply_of(const char *lines)
{
	struct reply reply;

	reply_begin(&reply);
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		assert_true(reply_line(&reply, lines, length) >= 0);
		lines += length + (lines[length] == '\n');
	}
	return reply;
}

static void
both_sides_are_told(void **state)
{
	struct reply reply = reply_of("250-2.1.0 first\n250-2.1.0 second\n250 2.1.0 third");

	(void)state;
	transcript_note(transcript, "connected to %s", "here");
	transcript_sent(transcript, "MAIL FROM:<>\r\n");
	transcript_received(transcript, &reply);
	assert_string_equal(next(), "-- connected to here");
	assert_string_equal(next(), "-> MAIL FROM:<>");
	assert_string_equal(next(), "<- 250-2.1.0 first");
	assert_string_equal(next(), "<- 250-second");
	assert_string_equal(next(), "<- 250 third");
	assert_string_equal(next(), "");
}

static void
what_is_guarded_is_left_out_whoever_says_it(void **state)
{
	struct reply reply;
	char line[512];
	char text[512];

	(void)state;
	assert_int_equal(transcript_guard(transcript, token), 0);
	strlcpy(line, "250 so ", sizeof(line));
	strlcat(line, token + 20, sizeof(line));
	reply = reply_of(line);
	transcript_received(transcript, &reply);
	assert_string_equal(next(), "<- 250 so [redacted]");
	transcript_note(transcript, "%s!", token);
	assert_string_equal(next(), "-- [redacted]!");
	strlcpy(text, token, sizeof(text));
	transcript_redact(transcript, text, sizeof(text));
	assert_string_equal(text, "[redacted]");
}

static void
challenges_are_decoded_or_not_told(void **state)
{
	struct reply reply = reply_of("334 eyJzdGF0dXMiOiI0MDEifQ==");

	(void)state;
	transcript_challenged(transcript, &reply);
	assert_string_equal(next(), "<- 334 {\"status\":\"401\"}");
	reply = reply_of("334 /////w==");
	transcript_challenged(transcript, &reply);
	assert_string_equal(next(), "<- 334 [challenge]");
	reply = reply_of("334 ");
	transcript_challenged(transcript, &reply);
	assert_string_equal(next(), "<- 334 ");
}

static void
without_room_for_a_secret_nothing_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(transcript_guard(transcript, token), 0);
	assert_int_equal(transcript_guard(transcript, "one more"), -1);
	transcript_note(transcript, "one more");
	assert_string_equal(next(), "");
}

static void
lines_are_bounded_in_length_and_number(void **state)
{
	char line[3000];
	struct reply reply;
	int count = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "250 ", 4);
	line[sizeof(line) - 1] = '\0';
	reply = reply_of(line);
	transcript_received(transcript, &reply);
	assert_int_equal(strlen(next()), WORK_TRANSCRIPT_MAX - 1);
	for (int i = 0; i < 2 * TRANSCRIPT_LINES_MAX; i++) {
		transcript_sent(transcript, "NOOP");
		count += strcmp(next(), "-> NOOP") == 0;
	}
	assert_int_equal(count, TRANSCRIPT_LINES_MAX - 1);
}

static void
none_is_kept_without_one(void **state)
{
	struct reply reply = reply_of("250 ok");

	(void)state;
	assert_int_equal(transcript_guard(NULL, token), 0);
	transcript_note(NULL, "x");
	transcript_sent(NULL, "x");
	transcript_received(NULL, &reply);
	transcript_challenged(NULL, &reply);
	transcript_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(both_sides_are_told, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_is_guarded_is_left_out_whoever_says_it, begin, end),
	    cmocka_unit_test_setup_teardown(challenges_are_decoded_or_not_told, begin, end),
	    cmocka_unit_test_setup_teardown(without_room_for_a_secret_nothing_is_told, begin, end),
	    cmocka_unit_test_setup_teardown(lines_are_bounded_in_length_and_number, begin, end),
	    cmocka_unit_test_setup_teardown(none_is_kept_without_one, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
