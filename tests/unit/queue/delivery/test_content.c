/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "queue/delivery/content.h"
#include "queue/spool/crc32c.h"

static const struct config config = {.hostname = (char[]){"web1.example.com"}};
static const struct config_profile profile = {.rewrite_from = REWRITE_NEVER};
static const struct content_options options = {
    .config = &config, .profile = &profile, .id = 0x5F3A21B04C2Full, .user = "root"};

/* A sealed message file with this message in it. */
static int
make_file(const char *message, size_t length)
{
	struct recipient recipient = {.address = (char[]){"a@example.org"}};
	struct envelope envelope = {.received_us = 1700000000000000u,
	    .uid = 1000,
	    .sender = (char[]){"b@example.org"},
	    .recipients = &recipient,
	    .recipient_count = 1,
	    .size = length};
	struct error error;
	char digits[24];
	char *header;
	size_t header_length;
	uint32_t crc;
	int file = memfd_create("message", MFD_CLOEXEC);

	envelope_new_key(envelope.key);
	header = envelope_format(&envelope, &header_length, &error);
	assert_non_null(header);
	snprintf(digits, sizeof(digits), "%012zu", length);
	memcpy((char *)memmem(header, header_length, "\nsize: ", 7) + 7, digits, 12);
	crc = crc32c(0, header, envelope.crc_offset);
	crc =
	    crc32c(crc, header + envelope.crc_offset + 8, header_length - envelope.crc_offset - 8);
	crc = crc32c(crc, message, length);
	snprintf(digits, sizeof(digits), "%08x", crc);
	memcpy(header + envelope.crc_offset, digits, 8);
	assert_int_equal(write(file, header, header_length), (ssize_t)header_length);
	assert_int_equal(write(file, message, length), (ssize_t)length);
	free(header);
	return file;
}

static int
collect(const void *data, size_t length, void *context)
{
	return fwrite(data, 1, length, context) == length ? 0 : -1;
}

/* What goes out after our Received field; fresh. */
static char *
send_file(int file, enum content_result expected, size_t *length)
{
	struct content content;
	struct error error;
	struct wire wire;
	char *text = NULL, *rest;
	size_t size, received;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(content_open(&content, file, &options, &error), 0);
	wire_begin(&wire, true, collect, stream);
	assert_int_equal(content_send(&content, &wire), expected);
	fclose(stream);
	received = strlen(content.received);
	assert_memory_equal(text, "Received: by web1.example.com", 29);
	assert_non_null(strstr(content.received, "5F3A21B04C2F"));
	*length = size - received;
	rest = malloc(*length + 1);
	assert_non_null(rest);
	memcpy(rest, text + received, *length);
	rest[*length] = '\0';
	free(text);
	content_free(&content);
	return rest;
}

static void
check(const char *message, const char *expected)
{
	int file = make_file(message, strlen(message));
	size_t length;
	char *sent = send_file(file, CONTENT_SENT, &length);

	assert_string_equal(sent, expected);
	free(sent);
	close(file);
}

static void
messages_go_out_as_they_are(void **state)
{
	static const char message[] =
	    "From: b@example.org\r\nSubject: x\r\n\r\nbody\r\n\r\nend\r\n";

	(void)state;
	check(message, message);
	check("From: b@example.org\r\n\r\n", "From: b@example.org\r\n\r\n");
	check("From: b@example.org\r\n", "From: b@example.org\r\n\r\n");
	check("\r\n.body\r\n", "\r\n..body\r\n");
	check("", "\r\n");
}

/* Wherever a piece that is read may end. */
static void
headers_end_anywhere(void **state)
{
	(void)state;
	for (size_t length = 16380; length < 16390; length++) {
		char *message = malloc(length * 3);
		size_t at = 0, sent_length;
		char *sent;
		int file;

		assert_non_null(message);
		at += (size_t)sprintf(message, "From: b@example.org\r\n");
		while (at + 100 < length)
			at += (size_t)sprintf(message + at, "X-Pad: %060d\r\n", 1);
		at += (size_t)sprintf(message + at, "X: %0*d\r\n", (int)(length - at - 5), 1);
		assert_int_equal(at, length);
		at += (size_t)sprintf(message + at, "\r\n%01000d\r\n", 7);
		file = make_file(message, at);
		sent = send_file(file, CONTENT_SENT, &sent_length);
		assert_memory_equal(sent, message, length + 2);
		free(sent);
		close(file);
		free(message);
	}
}

static void
a_changed_octet_is_found(void **state)
{
	static const char message[] = "From: b@example.org\r\n\r\nbody\r\n";
	int file = make_file(message, sizeof(message) - 1);
	off_t end = lseek(file, 0, SEEK_END);
	size_t length;

	(void)state;
	/* In the body and in the header. */
	for (off_t at = end - 3; at > end - (off_t)sizeof(message); at -= 20) {
		char octet, other;

		assert_int_equal(pread(file, &octet, 1, at), 1);
		other = (char)(octet ^ 1);
		assert_int_equal(pwrite(file, &other, 1, at), 1);
		free(send_file(file, CONTENT_CORRUPT, &length));
		assert_int_equal(pwrite(file, &octet, 1, at), 1);
	}
	free(send_file(file, CONTENT_SENT, &length));
	close(file);
}

static void
other_files_are_refused(void **state)
{
	int file = memfd_create("other", MFD_CLOEXEC);
	struct content content;
	struct error error;

	(void)state;
	assert_int_equal(write(file, "hello\n", 6), 6);
	assert_int_equal(content_open(&content, file, &options, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	content_free(&content);
	close(file);
}

static void
hops_and_size_are_counted(void **state)
{
	static const char message[] =
	    "Received: a\r\nreceived: b\r\nX: Received: c\r\n\r\nReceived: d\r\n";
	int file = make_file(message, sizeof(message) - 1);
	struct content content;
	struct error error;

	(void)state;
	assert_int_equal(content_open(&content, file, &options, &error), 0);
	assert_int_equal(content.hops, 2);
	assert_int_equal(content.size,
	    strlen(content.received) + content.identity.length + 2 + strlen("Received: d\r\n"));
	content_free(&content);
	close(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_go_out_as_they_are),
	    cmocka_unit_test(headers_end_anywhere),
	    cmocka_unit_test(a_changed_octet_is_found),
	    cmocka_unit_test(other_files_are_refused),
	    cmocka_unit_test(hops_and_size_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
