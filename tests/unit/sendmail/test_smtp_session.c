/* SPDX-License-Identifier: ISC */
/* What the session answers; what becomes of the messages is tested through the program. */
#include "sendmail/smtp_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include <cmocka.h>

static char hostname[] = "h.example.com";
static char mail_name[] = "example.com";
static struct config config = {
    .hostname = hostname, .mail_name = mail_name, .message_size_limit = 1000};
static char codes[8192]; /* of the replies, with a space after each */
static char last[1024];

static int
note(void *context, const char *text, size_t length)
{
	(void)context;
	assert_true(length > 5 && length < sizeof last);
	assert_memory_equal(text + length - 2, "\r\n", 2);
	memcpy(last, text, length);
	last[length - 2] = '\0';
	if (last[3] == ' ') {
		last[3] = '\0';
		strlcat(codes, last, sizeof codes);
		strlcat(codes, " ", sizeof codes);
		last[3] = ' ';
	}
	return 0;
}

/* Send `input` in pieces of `step` octets, and expect these codes after the greeting. */
static void
answers_in_pieces(const char *input, size_t step, const char *expected)
{
	struct smtp_settings settings = {
	    .message = {.config = &config, .queue_only = true}, .put = note};
	struct smtp_session *session;
	size_t length = strlen(input);

	codes[0] = '\0';
	session = smtp_session_new(&settings);
	assert_non_null(session);
	for (size_t used = 0; used < length; used += step) {
		size_t part = length - used < step ? length - used : step;

		if (smtp_session_feed(session, input + used, part) < 0)
			break;
	}
	smtp_session_free(session);
	assert_int_equal(strncmp(codes, "220 ", 4), 0);
	if (strncmp(codes + 4, expected, strlen(expected)) != 0 ||
	    strlen(codes) > strlen(expected) + 5)
		fail_msg("%s: %s, not %s", input, codes + 4, expected);
}

static void
answers(const char *input, const char *expected)
{
	answers_in_pieces(input, 1, expected);
	answers_in_pieces(input, 7, expected);
	answers_in_pieces(input, strlen(input), expected);
}

static void
commands(void **state)
{
	(void)state;
	answers("HELO x\r\nEHLO x\r\nNOOP\r\nNOOP x\r\nRSET\r\nVRFY root\r\nHELP\r\nHELP MAIL\r\n"
		"QUIT\r\nNOOP\r\n",
	    "250 250 250 250 250 252 214 214 221");
	answers("helo x\nnoop\nquit\n", "250 250 221");
	answers("HELO\r\nEHLO \r\nRSET x\r\nVRFY\r\n", "501 501 501 501");
	answers("EXPN root\r\nAUTH PLAIN x\r\nSTARTTLS\r\nBDAT 3 LAST\r\nTURN\r\n",
	    "502 502 502 502 502");
	answers("\r\nFOO\r\nGET / HTTP/1.1\r\nQUIT\r", "500 500 500");
}

static void
sequence(void **state)
{
	(void)state;
	answers("RCPT TO:<a@b>\r\nDATA\r\n", "503 503");
	answers("MAIL FROM:<a@b>\r\nDATA\r\nMAIL FROM:<a@b>\r\n", "250 503 503");
	answers("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA x\r\nRSET\r\nRCPT TO:<a@b>\r\n",
	    "250 250 501 250 503");
	/* Another greeting begins anew, a bad one does not. */
	answers("MAIL FROM:<a@b>\r\nEHLO\r\nRCPT TO:<a@b>\r\nEHLO x\r\nRCPT TO:<a@b>\r\n",
	    "250 501 250 250 503");
	/* A refused command leaves the transaction as it was. */
	answers("MAIL FROM:<a@b@c>\r\nMAIL FROM:<a@b> RET=x\r\nMAIL FROM:<a@b> SIZE=1001\r\n"
		"MAIL FROM:<a@b> SIZE=1000\r\nRCPT TO:<>\r\nDATA\r\nRCPT TO:<c@d>\r\nDATA\r\n",
	    "553 501 552 250 553 503 250 354");
}

static void
addresses(void **state)
{
	(void)state;
	answers("MAIL FROM:<>\r\nRSET\r\nMAIL FROM: root\r\nRSET\r\nMAIL FROM:<@x:a@b>\r\nRSET\r\n"
		"MAIL FROM:\r\nMAIL FROM:<a b@c>\r\nMAIL FROM:<a@b> FOO=bar\r\nMAIL <a@b>\r\n",
	    "250 250 250 250 250 250 501 553 555 501");
	answers("MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nRCPT TO:root\r\nRCPT TO:<\"a b\"@c>\r\n"
		"RCPT TO:<a@[192.0.2.1]>\r\nRCPT TO:<a@[IPv6:2001:db8::1]>\r\n"
		"RCPT TO:<@x,@y:a@b> NOTIFY=NEVER ORCPT=rfc822;a@b\r\nRCPT TO:<\xc3\xa9@b>\r\n",
	    "250 250 250 250 250 250 250 250");
	answers("MAIL FROM:<>\r\nRCPT TO:\r\nRCPT TO:<a@b,c@d>\r\nRCPT TO:<a\rb@c>\r\n"
		"RCPT TO:<a@b@c>\r\nRCPT TO:<a@>\r\nRCPT TO:<@b>\r\nRCPT TO:<a@b> SIZE=3\r\n"
		"RCPT TO:a@b,c@d\r\nRCPT TO:<a(\")>b, <c(\")@d>\r\nRCPT TO:<\x01@b>\r\n"
		"RCPT TO:<x:a@b;>\r\nDATA\r\n",
	    "250 501 553 553 553 553 553 555 553 553 553 553 503");
}

/* However long, a line is one mistake, and the next one is understood. */
static void
long_lines(void **state)
{
	char input[3 * SMTP_LINE_MAX];

	(void)state;
	memset(input, 'x', sizeof input);
	strlcpy(input + 2 * SMTP_LINE_MAX, "\r\nNOOP\r\n", SMTP_LINE_MAX);
	answers(input, "500 250");
	assert_string_equal(last, "250 Ok");

	/* The longest that fits, and the first that does not. */
	memset(input, 'x', sizeof input);
	memcpy(input, "NOOP ", 5);
	strlcpy(input + SMTP_LINE_MAX - 2, "\r\nQUIT\r\n", SMTP_LINE_MAX);
	answers(input, "250 221");
	memset(input, 'x', sizeof input);
	memcpy(input, "NOOP ", 5);
	strlcpy(input + SMTP_LINE_MAX - 1, "\r\nQUIT\r\n", SMTP_LINE_MAX);
	answers(input, "500 221");
}

static void
a_nul_is_no_command(void **state)
{
	struct smtp_settings settings = {.message.config = &config, .put = note};
	struct smtp_session *session = smtp_session_new(&settings);

	(void)state;
	assert_non_null(session);
	assert_int_equal(smtp_session_feed(session, "QUIT\0 \r\n", 8), 0);
	assert_int_equal(strncmp(last, "500 ", 4), 0);
	smtp_session_close(session);
	assert_string_equal(last, "421 h.example.com closes");
	assert_int_equal(smtp_session_feed(session, "NOOP\r\n", 6), -1);
	smtp_session_free(session);
}

static int
fail_to_put(void *context, const char *text, size_t length)
{
	(void)text;
	(void)length;
	++*(int *)context;
	return -1;
}

static void
nobody_listens(void **state)
{
	int count = 0;
	struct smtp_settings settings = {
	    .message.config = &config, .put = fail_to_put, .context = &count};
	struct smtp_session *session = smtp_session_new(&settings);

	(void)state;
	assert_non_null(session);
	assert_int_equal(smtp_session_feed(session, "NOOP\r\nNOOP\r\n", 12), -1);
	assert_int_equal(count, 1);
	smtp_session_free(session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands),
	    cmocka_unit_test(sequence),
	    cmocka_unit_test(addresses),
	    cmocka_unit_test(long_lines),
	    cmocka_unit_test(a_nul_is_no_command),
	    cmocka_unit_test(nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
