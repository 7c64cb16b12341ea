/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/clock.h"
#include "queue/delivery/reply.h"

/* What the relay sends, then its end; the reply as reply_read gives it. */
static int
read_from(const char *sent, size_t length, struct reply *reply)
{
	struct stream *stream;
	int pair[2], result, saved;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], sent, length), (ssize_t)length);
	close(pair[1]);
	stream = stream_new(pair[0], -1);
	assert_non_null(stream);
	result = reply_read(stream, reply, clock_monotonic_ms() + 60000);
	saved = errno;
	stream_free(stream);
	errno = saved;
	return result;
}

static int
read_text(const char *sent, struct reply *reply)
{
	return read_from(sent, strlen(sent), reply);
}

static void
one_line(void **state)
{
	struct reply reply;
	char text[64];

	(void)state;
	assert_int_equal(read_text("550 5.1.1 no such user\r\n", &reply), 0);
	assert_int_equal(reply.code, 550);
	assert_string_equal(reply.enhanced, "5.1.1");
	assert_string_equal(reply.text, "no such user");
	reply_describe(&reply, text, sizeof(text));
	assert_string_equal(text, "550 5.1.1 no such user");
	reply_describe(&reply, text, 9);
	assert_string_equal(text, "550 5.1.");
}

static void
many_lines(void **state)
{
	struct reply reply;
	char text[64];

	(void)state;
	assert_int_equal(read_text("250-5.1.1 a\r\n250-b\n250-\r\n250 d\r\n", &reply), 0);
	assert_string_equal(reply.enhanced, ""); /* 5.x.x cannot come with 250 */
	assert_string_equal(reply.text, "5.1.1 a\nb\n\nd");
	assert_int_equal(read_text("535-5.7.8 one\r\n535 5.7.8  two\r\n", &reply), 0);
	assert_string_equal(reply.enhanced, "5.7.8");
	assert_string_equal(reply.text, "one\n two");
	reply_describe(&reply, text, sizeof(text));
	assert_string_equal(text, "535 5.7.8 one  two");
}

static void
bare_codes(void **state)
{
	struct reply reply;
	char text[64];

	(void)state;
	assert_int_equal(read_text("250\r\n", &reply), 0);
	assert_int_equal(reply.code, 250);
	assert_string_equal(reply.text, "");
	reply_describe(&reply, text, sizeof(text));
	assert_string_equal(text, "250");
	assert_int_equal(read_text("334 \r\n", &reply), 0);
	assert_string_equal(reply.text, "");
	assert_int_equal(read_text("250 2.0.0\r\n", &reply), 0);
	assert_string_equal(reply.enhanced, "2.0.0");
	assert_string_equal(reply.text, "");
}

static void
what_only_looks_like_an_enhanced_code(void **state)
{
	static const char *const texts[] = {
	    "550 5\r\n",
	    "550 5.\r\n",
	    "550 5.1\r\n",
	    "550 5.1.\r\n",
	    "550 5.1.1x\r\n",
	    "550 5.1.1234 x\r\n",
	    "550 5.1.1.1 x\r\n",
	    "550 4.1.1 x\r\n",
	    "550 a.b.c x\r\n",
	    "354 3.0.0 x\r\n",
	};
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_text(texts[i], &reply), 0);
		assert_string_equal(reply.enhanced, "");
		assert_int_equal(strncmp(reply.text, texts[i] + 4, strlen(texts[i]) - 6), 0);
	}
}

static void
garbage_is_no_reply(void **state)
{
	static const char *const texts[] = {
	    "\r\n",
	    "25\r\n",
	    "2x0 a\r\n",
	    "150 a\r\n",
	    "600 a\r\n",
	    "250+a\r\n",
	    "2500\r\n",
	    "250-a\r\n251 b\r\n",
	    "250-a\r\nfoo\r\n",
	    "HTTP/1.1 400 Bad Request\r\n",
	    "-50 x\r\n",
	    "\x16\x03\x01\r\n",
	};
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_text(texts[i], &reply), -1);
		assert_int_equal(errno, EPROTO);
	}
	assert_int_equal(read_from("250 a\0b\001\177\r\n", 11, &reply), 0);
	assert_string_equal(reply.text, "a?b??");
}

static void
an_unfinished_reply_is_a_lost_connection(void **state)
{
	static const char *const texts[] = {"", "2", "250", "250 x", "250-x\r\n", "250-x\r\n250 y"};
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_text(texts[i], &reply), -1);
		assert_int_equal(errno, ECONNRESET);
	}
}

static void
lengths_and_counts_are_bounded(void **state)
{
	static char text[STREAM_LINE_MAX * 8];
	struct reply reply;
	size_t length = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "250 ", 4);
	assert_int_equal(read_from(text, sizeof(text), &reply), -1);
	assert_int_equal(errno, EMSGSIZE);
	text[STREAM_LINE_MAX] = '\n';
	assert_int_equal(read_from(text, sizeof(text), &reply), -1);
	text[STREAM_LINE_MAX - 1] = '\n';
	assert_int_equal(read_from(text, sizeof(text), &reply), 0);
	/* Three such lines are more text than is kept, and still a reply. */
	for (size_t i = 0; i < 3; i++) {
		memcpy(text + i * STREAM_LINE_MAX, i < 2 ? "250-" : "250 ", 4);
		text[(i + 1) * STREAM_LINE_MAX - 1] = '\n';
	}
	assert_int_equal(read_from(text, 3 * STREAM_LINE_MAX, &reply), 0);
	assert_int_equal(strlen(reply.text), REPLY_TEXT_MAX - 1);
	for (int i = 0; i < REPLY_LINES_MAX; i++, length += 7)
		memcpy(text + length, "250-x\r\n", 7);
	memcpy(text + length - 4, " ", 1);
	assert_int_equal(read_from(text, length, &reply), 0);
	memcpy(text + length - 4, "-", 1);
	memcpy(text + length, "250 x\r\n", 7);
	assert_int_equal(read_from(text, length + 7, &reply), -1);
	assert_int_equal(errno, EPROTO);
}

/* Any octets at all: never more than the buffers, never an endless loop. */
static void
noise_does_no_harm(void **state)
{
	static const char alphabet[] = "2450 -.\r\n\0x5.1.1";
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char text[64];
		struct reply reply;

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1103515245u + 12345u;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		if (read_from(text, sizeof(text), &reply) == 0) {
			assert_true(reply.code >= 200 && reply.code < 600);
			assert_true(strlen(reply.text) <= sizeof(text));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line),
	    cmocka_unit_test(many_lines),
	    cmocka_unit_test(bare_codes),
	    cmocka_unit_test(what_only_looks_like_an_enhanced_code),
	    cmocka_unit_test(garbage_is_no_reply),
	    cmocka_unit_test(an_unfinished_reply_is_a_lost_connection),
	    cmocka_unit_test(lengths_and_counts_are_bounded),
	    cmocka_unit_test(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
