/* SPDX-License-Identifier: ISC */
#include "queue/spool/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/spool/crc32c.h"

#define KEY "00112233445566ff"
/* A string that may be written to, as the fields of an envelope are. */
#define TEXT(string) ((char[]){string})

#define BODY "Subject: x\r\n\r\nHello.\r\n"

/* The header of a message with everything, field by field. */
static const char *const golden[] = {
    "postoak-message 1\n",
    "key: " KEY "\n",
    "received: 1795328000.000042\n",
    "uid: 1000\n",
    "sender: alice@example.com\n",
    "body: 8bit\n",
    "smtputf8: no\n",
    "ret: hdrs\n",
    "envid: QQ+3D314159\n",
    "recipient: bob@example.org notify=success,delay orcpt=rfc822;Bob+40example.org\n",
    "recipient: \"john q. \\\"public\"@example.net notify=never\n",
    "recipient: carol@example.net\n",
    "size: 000000000022\n",
    "crc32c: 0badcafe\n",
    "\n",
};
#define GOLDEN_LINES (sizeof(golden) / sizeof(golden[0]))

static char golden_sender[] = "alice@example.com";
static char golden_envid[] = "QQ+3D314159";
static struct recipient golden_recipients[] = {
    {TEXT("bob@example.org"), NOTIFY_SUCCESS | NOTIFY_DELAY, TEXT("rfc822;Bob+40example.org")},
    {TEXT("\"john q. \\\"public\"@example.net"), NOTIFY_NEVER, NULL},
    {TEXT("carol@example.net"), 0, NULL},
};

static struct envelope
golden_envelope(void)
{
	return (struct envelope){
	    .key = KEY,
	    .received_us = UINT64_C(1795328000000042),
	    .uid = 1000,
	    .sender = golden_sender,
	    .eight_bit = true,
	    .ret = RET_HDRS,
	    .envid = golden_envid,
	    .recipients = golden_recipients,
	    .recipient_count = 3,
	    .size = strlen(BODY),
	    .crc = 0x0badcafe,
	};
}

static FILE *
file_with(const char *header, size_t length, const char *body)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(header, 1, length, file), length);
	assert_true(fputs(body, file) >= 0);
	assert_int_equal(fflush(file), 0);
	return file;
}

/* Read a file made of the golden header with line `index` replaced (null: left out). */
static int
read_with(size_t index, const char *line, struct error *error)
{
	struct envelope envelope;
	FILE *file = tmpfile();
	int result;

	assert_non_null(file);
	for (size_t i = 0; i < GOLDEN_LINES; i++) {
		const char *text = i == index ? line : golden[i];

		if (text != NULL)
			assert_true(fputs(text, file) >= 0);
	}
	fputs(BODY, file);
	fflush(file);
	result = envelope_read(fileno(file), &envelope, error);
	if (result == 0)
		envelope_free(&envelope);
	fclose(file);
	return result;
}

static char *
golden_text(void)
{
	char *text = calloc(1, 4096);

	assert_non_null(text);
	for (size_t i = 0; i < GOLDEN_LINES; i++)
		strcat(text, golden[i]);
	return text;
}

static void
format_octet_for_octet(void **state)
{
	struct envelope envelope = golden_envelope();
	char *expected = golden_text();
	struct error error;
	size_t length;
	char *text;

	(void)state;
	text = envelope_format(&envelope, &length, &error);
	assert_non_null(text);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
	assert_int_equal(envelope.body_offset, length);
	assert_memory_equal(text + envelope.crc_offset, "0badcafe", 8);
	free(text);
	free(expected);
}

static void
smallest_header(void **state)
{
	struct recipient recipient = {.address = TEXT("b@example.org")};
	struct envelope envelope = {.key = KEY,
	    .sender = TEXT(""),
	    .smtputf8 = true,
	    .recipients = &recipient,
	    .recipient_count = 1};
	struct envelope read;
	struct error error;
	size_t length;
	char *text;
	FILE *file;

	(void)state;
	text = envelope_format(&envelope, &length, &error);
	assert_non_null(text);
	assert_string_equal(text,
	    "postoak-message 1\nkey: " KEY "\nreceived: 0.000000\nuid: 0\nsender: \nbody: 7bit\n"
	    "smtputf8: yes\nrecipient: b@example.org\nsize: 000000000000\ncrc32c: 00000000\n\n");
	file = file_with(text, length, "");
	assert_int_equal(envelope_read(fileno(file), &read, &error), 0);
	assert_string_equal(read.sender, "");
	assert_true(read.smtputf8);
	assert_int_equal(read.ret, RET_UNSET);
	assert_null(read.envid);
	envelope_free(&read);
	fclose(file);
	free(text);
}

static void
what_was_written_is_read(void **state)
{
	char *text = golden_text();
	struct envelope envelope;
	struct error error;
	FILE *file = file_with(text, strlen(text), BODY);

	(void)state;
	if (envelope_read(fileno(file), &envelope, &error) == -1)
		fail_msg("%s", error.text);
	assert_string_equal(envelope.key, KEY);
	assert_int_equal(envelope.received_us, UINT64_C(1795328000000042));
	assert_int_equal(envelope.uid, 1000);
	assert_string_equal(envelope.sender, "alice@example.com");
	assert_true(envelope.eight_bit);
	assert_false(envelope.smtputf8);
	assert_int_equal(envelope.ret, RET_HDRS);
	assert_string_equal(envelope.envid, "QQ+3D314159");
	assert_int_equal(envelope.recipient_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct recipient *recipient = &envelope.recipients[i];

		assert_string_equal(recipient->address, golden_recipients[i].address);
		assert_int_equal(recipient->notify, golden_recipients[i].notify);
		if (golden_recipients[i].orcpt == NULL)
			assert_null(recipient->orcpt);
		else
			assert_string_equal(recipient->orcpt, golden_recipients[i].orcpt);
	}
	assert_int_equal(envelope.size, strlen(BODY));
	assert_int_equal(envelope.crc, 0x0badcafe);
	assert_int_equal(envelope.body_offset, strlen(text));
	assert_memory_equal(text + envelope.crc_offset, "0badcafe", 8);
	envelope_free(&envelope);
	fclose(file);
	free(text);
}

static void
fifty_thousand_recipients(void **state)
{
	struct envelope envelope = golden_envelope();
	struct envelope read;
	struct error error;
	char address[64];
	size_t length;
	char *text;
	FILE *file;

	(void)state;
	envelope.size = 0;
	envelope.recipient_count = 50000;
	envelope.recipients = calloc(50001, sizeof(*envelope.recipients));
	assert_non_null(envelope.recipients);
	for (size_t i = 0; i < 50001; i++) {
		snprintf(address, sizeof(address), "user%zu@example.com", i);
		envelope.recipients[i].address = strdup(address);
		envelope.recipients[i].notify = (unsigned)(i % 2) * NOTIFY_FAILURE;
	}
	text = envelope_format(&envelope, &length, &error);
	assert_non_null(text);
	file = file_with(text, length, "");
	assert_int_equal(envelope_read(fileno(file), &read, &error), 0);
	assert_int_equal(read.recipient_count, 50000);
	for (size_t i = 0; i < 50000; i++) {
		assert_string_equal(read.recipients[i].address, envelope.recipients[i].address);
		assert_int_equal(read.recipients[i].notify, envelope.recipients[i].notify);
	}
	envelope_free(&read);
	fclose(file);
	free(text);

	envelope.recipient_count = 50001;
	assert_null(envelope_format(&envelope, &length, &error));
	assert_int_equal(error.status, EX_DATAERR);
	for (size_t i = 0; i < 50001; i++)
		free(envelope.recipients[i].address);
	free(envelope.recipients);
}

static void
too_many_recipients_are_not_read(void **state)
{
	struct envelope envelope;
	struct error error;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < 7; i++)
		fputs(golden[i], file);
	for (int i = 0; i < 50001; i++)
		fputs("recipient: bob@example.org\n", file);
	fputs("size: 000000000000\ncrc32c: 00000000\n\n", file);
	fflush(file);
	assert_int_equal(envelope_read(fileno(file), &envelope, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	fclose(file);
}

static void
malformed_headers_are_refused(void **state)
{
	static const struct {
		size_t line;
		const char *text;
	} cases[] = {
	    {0, NULL},
	    {0, "postoak-message 0\n"},
	    {0, "postoak-message 01\n"},
	    {0, "postoak-message 1 \n"},
	    {0, "postoak-message\n"},
	    {0, "Postoak-message 1\n"},
	    {0, "\n"},
	    {1, NULL},
	    {1, "key: 00112233445566f\n"},
	    {1, "key: 00112233445566fff\n"},
	    {1, "key: 00112233445566FF\n"},
	    {1, "key:" KEY "\n"},
	    {1, "key:  " KEY "\n"},
	    {1, "Key: " KEY "\n"},
	    {1, "key: " KEY "\nkey: " KEY "\n"},
	    {2, NULL},
	    {2, "received: 1795328000\n"},
	    {2, "received: 1795328000.00042\n"},
	    {2, "received: 1795328000.0000042\n"},
	    {2, "received: -1.000000\n"},
	    {2, "received: 99999999999999999999.000000\n"},
	    {3, NULL},
	    {3, "uid: -1\n"},
	    {3, "uid: 4294967295\n"},
	    {3, "uid: 0100\n"},
	    {3, "uid: root\n"},
	    {3, "uid: \n"},
	    {4, NULL},
	    {4, "sender: alice@example.com bob@example.com\n"},
	    {4, "sender: ali\x01"
		"ce@example.com\n"},
	    {4, "sender: alice@example.com\r\n"},
	    {4, "sender:  \n"},
	    {5, NULL},
	    {5, "body: 8BIT\n"},
	    {5, "body: \n"},
	    {6, NULL},
	    {6, "smtputf8: true\n"},
	    {7, "ret: all\n"},
	    {7, "ret: full\nret: full\n"},
	    {8, "envid: \n"},
	    {8, "envid: a b\n"},
	    {8, "envid: a=b\n"},
	    {8, "envid: a+b\n"},
	    {9, "recipient: \n"},
	    {9, "recipient: bob@example.org \n"},
	    {9, "recipient: bob@example.org notify=\n"},
	    {9, "recipient: bob@example.org notify=sometimes\n"},
	    {9, "recipient: bob@example.org notify=never,failure\n"},
	    {9, "recipient: bob@example.org notify=failure,failure\n"},
	    {9, "recipient: bob@example.org notify=failure,\n"},
	    {9, "recipient: bob@example.org orcpt=rfc822;b notify=never\n"},
	    {9, "recipient: bob@example.org  notify=never\n"},
	    {9, "recipient: bob@example.org orcpt=rfc822\n"},
	    {9, "recipient: bob@example.org orcpt=;b\n"},
	    {9, "recipient: bob@example.org orcpt=rfc822;a=b\n"},
	    {9, "recipient: bob@example.org orcpt=rfc822;\xff\n"},
	    {9, "recipient: bob@example.org junk\n"},
	    {9, "recipient: \"bob@example.org\n"},
	    {9, "unknown: field\n"},
	    {12, NULL},
	    {12, "size: 22\n"},
	    {12, "size: 0000000000022\n"},
	    {12, "size: 00000000002x\n"},
	    {12, "size: 000000000021\n"},
	    {12, "size: 000000000023\n"},
	    {12, "size: 999999999999\n"},
	    {13, NULL},
	    {13, "crc32c: 0BADCAFE\n"},
	    {13, "crc32c: badcafe\n"},
	    {13, "crc32c: 00badcafe\n"},
	    {14, NULL},
	    {14, "more: than this\n\n"},
	};
	struct error error;

	(void)state;
	assert_int_equal(read_with(0, golden[0], &error), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (read_with(cases[i].line, cases[i].text, &error) == 0)
			fail_msg("line %zu as %s was accepted", cases[i].line,
			    cases[i].text != NULL ? cases[i].text : "nothing");
		assert_int_equal(error.status, EX_DATAERR);
	}
}

static void
fields_out_of_order_are_refused(void **state)
{
	struct envelope envelope;
	struct error error;

	(void)state;
	for (size_t swapped = 0; swapped + 2 < GOLDEN_LINES; swapped++) {
		FILE *file = tmpfile();

		if (swapped >= 9 && swapped + 1 <= 11)
			continue; /* two recipients: a different message, not a bad one */
		assert_non_null(file);
		for (size_t i = 0; i < GOLDEN_LINES; i++)
			fputs(golden[i == swapped ? i + 1 : i == swapped + 1 ? i - 1 : i], file);
		fputs(BODY, file);
		fflush(file);
		assert_int_equal(envelope_read(fileno(file), &envelope, &error), -1);
		assert_int_equal(error.status, EX_DATAERR);
		fclose(file);
	}
}

static void
every_truncation_is_refused(void **state)
{
	char *text = golden_text();
	struct envelope envelope;
	struct error error;
	FILE *file = file_with(text, strlen(text), BODY);

	(void)state;
	for (off_t length = (off_t)(strlen(text) + strlen(BODY)) - 1; length >= 0; length--) {
		assert_int_equal(ftruncate(fileno(file), length), 0);
		assert_int_equal(envelope_read(fileno(file), &envelope, &error), -1);
		assert_int_equal(error.status, EX_DATAERR);
	}
	fclose(file);
	free(text);
}

static void
garbage_is_refused(void **state)
{
	struct envelope envelope;
	struct error error;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	/* Zeros, as after a power cut, more than any header has. */
	assert_int_equal(ftruncate(fileno(file), ENVELOPE_HEADER_MAX + 4096), 0);
	assert_int_equal(envelope_read(fileno(file), &envelope, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	/* A NUL in a field. */
	fwrite("postoak-message 1\n\0key: " KEY "\n", 1, 41, file);
	fflush(file);
	assert_int_equal(envelope_read(fileno(file), &envelope, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	fclose(file);
	assert_int_equal(envelope_read(-1, &envelope, &error), -1);
	assert_int_equal(error.status, EX_IOERR);
}

static void
higher_version_is_told_apart(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(read_with(0, "postoak-message 2\n", &error), -1);
	assert_int_equal(error.status, EX_UNAVAILABLE);
}

static void
empty_sender_with_and_without_space(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(read_with(4, "sender: \n", &error), 0);
	assert_int_equal(read_with(4, "sender:\n", &error), 0);
}

static void
what_cannot_be_read_is_not_written(void **state)
{
	struct recipient bad[] = {
	    {TEXT(""), 0, NULL},
	    {TEXT("a\nrecipient: b@example.org"), 0, NULL},
	    {TEXT("a b@example.org"), 0, NULL},
	    {TEXT("a@example.org"), NOTIFY_NEVER | NOTIFY_DELAY, NULL},
	    {TEXT("a@example.org"), 16, NULL},
	    {TEXT("a@example.org"), 0, TEXT("rfc822;a b")},
	    {TEXT("a@example.org"), 0, TEXT("rfc822;a\n")},
	    {TEXT("a@example.org"), 0, TEXT("")},
	};
	struct envelope envelope;
	struct error error;
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		envelope = golden_envelope();
		envelope.recipients = &bad[i];
		envelope.recipient_count = 1;
		assert_null(envelope_format(&envelope, &length, &error));
		assert_int_equal(error.status, EX_DATAERR);
	}
	envelope = golden_envelope();
	envelope.recipient_count = 0;
	assert_null(envelope_format(&envelope, &length, &error));
	envelope = golden_envelope();
	envelope.sender = TEXT("a@example.com\nuid: 0");
	assert_null(envelope_format(&envelope, &length, &error));
	envelope = golden_envelope();
	envelope.envid = TEXT("x\ny");
	assert_null(envelope_format(&envelope, &length, &error));
	assert_int_equal(error.status, EX_DATAERR);
}

static void
verify_finds_any_changed_octet(void **state)
{
	char *text = golden_text();
	struct envelope envelope;
	struct error error;
	char digits[9];
	uint32_t crc;
	size_t digits_at;
	FILE *file;

	(void)state;
	digits_at = strlen(text) - 10;
	crc = crc32c(0, text, digits_at);
	crc = crc32c(crc, "\n\n", 2);
	crc = crc32c(crc, BODY, strlen(BODY));
	snprintf(digits, sizeof(digits), "%08x", crc);
	memcpy(text + digits_at, digits, 8);
	file = file_with(text, strlen(text), BODY);
	assert_int_equal(envelope_read(fileno(file), &envelope, &error), 0);
	assert_int_equal(envelope_verify(fileno(file), &envelope, &error), 0);
	for (size_t i = 0; i < strlen(text) + strlen(BODY); i++) {
		char octet;

		if (i >= digits_at && i < digits_at + 8)
			continue;
		assert_int_equal(pread(fileno(file), &octet, 1, (off_t)i), 1);
		octet ^= 1;
		assert_int_equal(pwrite(fileno(file), &octet, 1, (off_t)i), 1);
		assert_int_equal(envelope_verify(fileno(file), &envelope, &error), -1);
		assert_int_equal(error.status, EX_DATAERR);
		octet ^= 1;
		assert_int_equal(pwrite(fileno(file), &octet, 1, (off_t)i), 1);
	}
	assert_int_equal(envelope_verify(fileno(file), &envelope, &error), 0);
	assert_int_equal(ftruncate(fileno(file), 100), 0);
	assert_int_equal(envelope_verify(fileno(file), &envelope, &error), -1);
	envelope_free(&envelope);
	fclose(file);
	free(text);
}

static void
keys_differ(void **state)
{
	char a[ENVELOPE_KEY_SIZE];
	char b[ENVELOPE_KEY_SIZE];

	(void)state;
	envelope_new_key(a);
	envelope_new_key(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(format_octet_for_octet),
	    cmocka_unit_test(smallest_header),
	    cmocka_unit_test(what_was_written_is_read),
	    cmocka_unit_test(fifty_thousand_recipients),
	    cmocka_unit_test(too_many_recipients_are_not_read),
	    cmocka_unit_test(malformed_headers_are_refused),
	    cmocka_unit_test(fields_out_of_order_are_refused),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(garbage_is_refused),
	    cmocka_unit_test(higher_version_is_told_apart),
	    cmocka_unit_test(empty_sender_with_and_without_space),
	    cmocka_unit_test(what_cannot_be_read_is_not_written),
	    cmocka_unit_test(verify_finds_any_changed_octet),
	    cmocka_unit_test(keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
