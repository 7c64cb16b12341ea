/* SPDX-License-Identifier: ISC */
#include "queue/report.h"

#include <fnmatch.h>
#include <time.h>

#include <bsd/string.h>

#include "tests/unit/queue/spooled.h"

#define ID UINT64_C(0x660D83D0C0DE)
#define ORIGINAL "Subject: lunch\r\nTo: bob@example.org\r\n\r\nAt one?\r\n"
#define RELAY "relay.example.net[192.0.2.1]:587"
#define LINES_MAX 400

struct written {
	struct fixture *fixture;
	struct envelope envelope; /* of the report */
	char *text;
	char *lines[LINES_MAX];
	size_t count;
};

static char sender[] = "alice@example.com";
static char bob[] = "bob@example.org";
static char carol[] = "carol@example.org";
static char orcpt[] = "rfc822;Carol@example.org";
static char envid[] = "QQ+2B1";

static int
setup(void **state)
{
	struct written *written = calloc(1, sizeof(*written));

	assert_non_null(written);
	setenv("TZ", "UTC", 1);
	tzset();
	*state = written;
	return fixture_setup((void **)&written->fixture);
}

static int
teardown(void **state)
{
	struct written *written = *state;

	free(written->text);
	(void)fixture_teardown((void **)&written->fixture);
	free(written);
	return 0;
}

/* Every line ends with CRLF, and what a message must not have is not there. */
static void
split_into_lines(struct written *written, size_t length)
{
	char *line = written->text;

	assert_int_equal(strlen(written->text), length);
	while (*line != '\0') {
		char *end = strstr(line, "\r\n");

		assert_non_null(end);
		*end = '\0';
		assert_null(strpbrk(line, "\r\n"));
		assert_true(end - line <= 998);
		assert_true(written->count < LINES_MAX);
		written->lines[written->count++] = line;
		line = end + 2;
	}
}

/* Write the report on `original`, which is put into the queue with `text`. */
static void
write_report(struct written *written, enum report_kind kind, struct envelope *original,
    const char *text, const struct report_recipient *recipients, size_t count)
{
	const struct spool *spool = &written->fixture->spool;
	struct recipient to = {.address = sender};
	char null_sender[] = "";
	struct report report = {
	    .kind = kind,
	    .hostname = "host.example.com",
	    .from = "alerts@example.com",
	    .to = sender,
	    .id = ID,
	    .now_us = (RECEIVED + 3600) * 1000000,
	    .retry_until_us = (RECEIVED + 5 * 86400) * 1000000,
	    .original = original,
	    .recipients = recipients,
	    .count = count,
	};
	struct accept *accept;
	struct error error;
	char name[QUEUE_ID_SIZE];

	put_message(spool->queue, ID, original, text);
	queue_id_format(ID, name);
	report.file = openat(spool->queue, name, O_RDONLY);
	assert_int_not_equal(report.file, -1);
	written->envelope = envelope_for(null_sender, &to, 1);
	accept = accept_begin(spool->queue, &written->envelope, &error);
	if (accept == NULL || report_write(&report, accept, &error) < 0 ||
	    accept_seal(accept, &error) < 0)
		fail_msg("%s", error.text);
	written->text = calloc(1, (size_t)written->envelope.size + 1);
	assert_non_null(written->text);
	assert_int_equal(pread(accept_file(accept), written->text, (size_t)written->envelope.size,
			     (off_t)written->envelope.body_offset),
	    written->envelope.size);
	accept_free(accept);
	close(report.file);
	split_into_lines(written, (size_t)written->envelope.size);
}

/* Each line against a pattern of fnmatch(3). */
static void
assert_lines(const struct written *written, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count && i < written->count; i++)
		if (fnmatch(patterns[i], written->lines[i], FNM_NOESCAPE) != 0)
			fail_msg(
			    "line %zu is '%s', not '%s'", i + 1, written->lines[i], patterns[i]);
	assert_int_equal(written->count, count);
}

static bool
has_line(const struct written *written, const char *line)
{
	for (size_t i = 0; i < written->count; i++)
		if (strcmp(written->lines[i], line) == 0)
			return true;
	return false;
}

static void
a_failure_is_told_by_the_book(void **state)
{
	static const char *const expected[] = {
	    "Date: Sat, 21 Nov 2026 23:13:20 +0000",
	    "From: Mail Delivery System <alerts@example.com>",
	    "To: <alice@example.com>",
	    "Subject: Undelivered Mail Returned to Sender",
	    "Message-ID: <1795302800000000.*@host.example.com>",
	    "Auto-Submitted: auto-replied",
	    "MIME-Version: 1.0",
	    "Content-Type: multipart/report; report-type=delivery-status;",
	    "\tboundary=\"postoak.*\"",
	    "Content-Transfer-Encoding: 7bit",
	    "",
	    "This is a MIME-encapsulated message.",
	    "",
	    "--postoak.*",
	    "Content-Description: Notification",
	    "Content-Type: text/plain; charset=utf-8",
	    "",
	    "This is the mail system at host host.example.com.",
	    "",
	    "Your message could not be delivered to the recipients below. It is",
	    "attached, or its header is; nobody will try to deliver it again.",
	    "",
	    "<bob@example.org>: the relay relay.example.net[[]192.0.2.1]:587 said:",
	    "    550 5.1.1 No such user",
	    "    What to do: Ask for the new address.",
	    "",
	    "<carol@example.org>: the time for delivery has expired; the last reply was:",
	    "    450 4.2.1 On holiday",
	    "",
	    "--postoak.*",
	    "Content-Description: Delivery report",
	    "Content-Type: message/delivery-status",
	    "",
	    "Reporting-MTA: dns; host.example.com",
	    "Original-Envelope-Id: QQ+1",
	    "Arrival-Date: Sat, 21 Nov 2026 22:13:20 +0000",
	    "",
	    "Final-Recipient: rfc822; bob@example.org",
	    "Action: failed",
	    "Status: 5.1.1",
	    "Remote-MTA: dns; relay.example.net",
	    "Diagnostic-Code: smtp; 550 5.1.1 No such user",
	    "Last-Attempt-Date: Sat, 21 Nov 2026 23:13:20 +0000",
	    "Final-Log-ID: 660D83D0C0DE",
	    "",
	    "Original-Recipient: rfc822;Carol@example.org",
	    "Final-Recipient: rfc822; carol@example.org",
	    "Action: failed",
	    "Status: 4.4.7",
	    "Remote-MTA: dns; relay.example.net",
	    "Diagnostic-Code: smtp; 450 4.2.1 On holiday",
	    "Last-Attempt-Date: Sat, 21 Nov 2026 23:13:20 +0000",
	    "Final-Log-ID: 660D83D0C0DE",
	    "",
	    "--postoak.*",
	    "Content-Description: Undelivered Message",
	    "Content-Type: message/rfc822",
	    "Content-Transfer-Encoding: 7bit",
	    "",
	    "Subject: lunch",
	    "To: bob@example.org",
	    "",
	    "At one?",
	    "",
	    "--postoak.*--",
	};
	struct written *written = *state;
	struct recipient both[2] = {{.address = bob}, {.address = carol, .orcpt = orcpt}};
	const struct report_recipient recipients[2] = {
	    {.recipient = &both[0],
		.enhanced = "5.1.1",
		.reply = "550 5.1.1 No such user",
		.advice = "Ask for the new address.",
		.remote = RELAY},
	    {.recipient = &both[1],
		.enhanced = "4.4.7",
		.reply = "450 4.2.1 On holiday",
		.expired = true,
		.remote = RELAY},
	};
	struct envelope original = envelope_for(sender, both, 2);

	original.envid = envid;
	write_report(written, REPORT_FAILED, &original, ORIGINAL, recipients, 2);
	assert_lines(written, expected, sizeof(expected) / sizeof(expected[0]));
	assert_false(written->envelope.eight_bit);
}

/* The one in the header is the one that separates the parts. */
static void
the_parts_are_separated_by_the_boundary(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	char boundary[64] = "";
	size_t parts = 0;

	write_report(written, REPORT_FAILED, &original, ORIGINAL,
	    &(struct report_recipient){.recipient = &recipient, .enhanced = "5.0.0", .reply = "no"},
	    1);
	for (size_t i = 0; i < written->count; i++) {
		const char *line = written->lines[i];

		if (sscanf(line, "\tboundary=\"%60[^\"]\"", boundary) == 1)
			continue;
		if (boundary[0] != '\0' && strncmp(line, "--", 2) == 0 &&
		    strcmp(line + 2, boundary) == 0)
			parts++;
	}
	assert_int_equal(parts, 3);
	strlcat(boundary, "--", sizeof(boundary));
	assert_string_equal(written->lines[written->count - 1] + 2, boundary);
}

static void
a_delay_says_until_when_and_returns_the_header(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient delayed = {.recipient = &recipient,
	    .enhanced = "4.4.7",
	    .reply = "450 4.2.1 On holiday",
	    .remote = RELAY};

	original.ret = RET_FULL;
	write_report(written, REPORT_DELAYED, &original, ORIGINAL, &delayed, 1);
	assert_true(has_line(written, "Subject: Delayed Mail (still being retried)"));
	assert_true(has_line(written, "Action: delayed"));
	assert_true(has_line(written, "Will-Retry-Until: Thu, 26 Nov 2026 22:13:20 +0000"));
	assert_true(has_line(written, "Content-Type: text/rfc822-headers"));
	assert_true(has_line(written, "Subject: lunch"));
	assert_false(has_line(written, "At one?"));
}

/* RFC 3461 5.2.2, 4.3: RET is about failures. */
static void
what_a_relay_accepted_is_told_as_relayed(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob, .notify = NOTIFY_SUCCESS};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient relayed = {
	    .recipient = &recipient, .enhanced = "2.0.0", .reply = "250 Ok", .remote = RELAY};

	original.ret = RET_FULL;
	write_report(written, REPORT_RELAYED, &original, ORIGINAL, &relayed, 1);
	assert_true(has_line(written, "Subject: Mail Accepted by the Relay"));
	assert_true(has_line(written, "Action: relayed"));
	assert_true(has_line(written, "Status: 2.0.0"));
	assert_true(has_line(written, "Content-Description: Message Headers"));
	assert_true(has_line(written, "Subject: lunch"));
	assert_false(has_line(written, "At one?"));
	for (size_t i = 0; i < written->count; i++)
		assert_null(strstr(written->lines[i], "Will-Retry-Until"));
}

static void
our_own_reason_names_no_relay(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient failed = {
	    .recipient = &recipient, .enhanced = "5.4.6", .reply = "mail loop"};

	write_report(written, REPORT_FAILED, &original, ORIGINAL, &failed, 1);
	assert_true(has_line(written, "Diagnostic-Code: x-postoak; mail loop"));
	for (size_t i = 0; i < written->count; i++)
		assert_null(strstr(written->lines[i], "Remote-MTA"));
}

static void
who_asked_for_headers_gets_headers(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient failed = {
	    .recipient = &recipient, .enhanced = "5.1.1", .reply = "no", .remote = RELAY};

	original.ret = RET_HDRS;
	write_report(written, REPORT_FAILED, &original, ORIGINAL, &failed, 1);
	assert_true(has_line(written, "Content-Description: Message Headers"));
	assert_true(has_line(written, "To: bob@example.org"));
	assert_false(has_line(written, "At one?"));
}

/* A message of about `length` octets of body, and what comes back of it. */
static bool
comes_back_whole(struct written *written, enum envelope_ret ret, size_t length)
{
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient failed = {
	    .recipient = &recipient, .enhanced = "5.1.1", .reply = "no", .remote = RELAY};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(ORIGINAL, out);
	while (size < length) {
		for (int i = 0; i < 900; i++)
			fputc('x', out);
		fputs("\r\n", out);
		fflush(out);
	}
	fclose(out);
	original.ret = ret;
	write_report(written, REPORT_FAILED, &original, text, &failed, 1);
	free(text);
	return has_line(written, "At one?");
}

static void
a_large_original_comes_back_as_its_header(void **state)
{
	assert_false(comes_back_whole(*state, RET_UNSET, 60 * 1024));
}

static void
a_large_original_comes_back_where_that_was_asked_for(void **state)
{
	assert_true(comes_back_whole(*state, RET_FULL, 60 * 1024));
}

/* The original is read in pieces: the empty line is found wherever they end. */
static void
the_header_ends_at_its_end(void **state)
{
	struct written *written = *state;

	for (size_t length = 32768 - 6; length <= 32768 + 6; length++) {
		struct recipient recipient = {.address = bob};
		struct envelope original = envelope_for(sender, &recipient, 1);
		const struct report_recipient failed = {
		    .recipient = &recipient, .enhanced = "5.1.1", .reply = "no"};
		char *text = calloc(1, length + 64);
		size_t used = 0;

		assert_non_null(text);
		/* Lines of 512 octets, and a last one that fills up. */
		while (used < length) {
			size_t line = length - used < 600 ? length - used : 512;

			memset(text + used, 'h', line);
			text[used] = 'X';
			text[used + 1] = ':';
			text[used + line - 2] = '\r';
			text[used + line - 1] = '\n';
			used += line;
		}
		strlcpy(text + used, "\r\nthe body\r\n", 64);
		original.ret = RET_HDRS;
		write_report(written, REPORT_FAILED, &original, text, &failed, 1);
		assert_false(has_line(written, "the body"));
		/* All of it: the line before the last boundary is empty, the one before
		 * that is the header's last one. */
		assert_string_equal(written->lines[written->count - 2], "");
		assert_int_equal(written->lines[written->count - 3][0], 'X');
		free(written->text);
		written->text = NULL;
		written->count = 0;
		free(text);
	}
}

static void
the_longest_words_make_no_long_lines(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	char reply[1024];
	char advice[1024];
	const struct report_recipient failed = {.recipient = &recipient,
	    .enhanced = "5.999.999",
	    .reply = reply,
	    .advice = advice,
	    .remote = RELAY};

	memset(reply, 'r', sizeof(reply) - 1);
	memset(advice, 'a', sizeof(advice) - 1);
	reply[sizeof(reply) - 1] = advice[sizeof(advice) - 1] = '\0';
	write_report(written, REPORT_FAILED, &original, ORIGINAL, &failed, 1);
	/* write_report measures them. */
	assert_true(written->count > 0);
}

static void
an_original_with_eight_bits_is_declared(void **state)
{
	struct written *written = *state;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient failed = {
	    .recipient = &recipient, .enhanced = "5.1.1", .reply = "no"};

	write_report(
	    written, REPORT_FAILED, &original, "Subject: x\r\n\r\nf\xc3\xbcr dich\r\n", &failed, 1);
	assert_true(written->envelope.eight_bit);
	assert_true(has_line(written, "Content-Transfer-Encoding: 8bit"));
	assert_false(has_line(written, "Content-Transfer-Encoding: 7bit"));
}

static void
an_original_that_cannot_be_read_is_an_error(void **state)
{
	struct written *written = *state;
	const struct spool *spool = &written->fixture->spool;
	struct recipient recipient = {.address = bob};
	struct envelope original = envelope_for(sender, &recipient, 1);
	const struct report_recipient failed = {
	    .recipient = &recipient, .enhanced = "5.1.1", .reply = "no"};
	const struct report report = {.kind = REPORT_FAILED,
	    .hostname = "host.example.com",
	    .from = "alerts@example.com",
	    .to = sender,
	    .original = &original,
	    .file = -1,
	    .recipients = &failed,
	    .count = 1};
	struct accept *accept;
	struct error error = {0};

	original.size = 100;
	written->envelope = envelope_for(sender, &recipient, 1);
	accept = accept_begin(spool->queue, &written->envelope, &error);
	assert_non_null(accept);
	assert_int_equal(report_write(&report, accept, &error), -1);
	assert_int_not_equal(error.status, 0);
	accept_free(accept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_failure_is_told_by_the_book, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		the_parts_are_separated_by_the_boundary, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_delay_says_until_when_and_returns_the_header, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		what_a_relay_accepted_is_told_as_relayed, setup, teardown),
	    cmocka_unit_test_setup_teardown(our_own_reason_names_no_relay, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_asked_for_headers_gets_headers, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_large_original_comes_back_as_its_header, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_large_original_comes_back_where_that_was_asked_for, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_header_ends_at_its_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_longest_words_make_no_long_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_original_with_eight_bits_is_declared, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		an_original_that_cannot_be_read_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
