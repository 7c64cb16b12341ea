/* SPDX-License-Identifier: ISC */
#include "queue/spool/accept.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "config/clock.h"
#include "tests/unit/queue/spool/fixture.h"
#include "tests/unit/queue/spool/message.h"
#include "tests/unit/queue/spool/refuse.h"

/* The clock, in place of the one of config/clock.c: stands still where set. */
static uint64_t wall_us;

uint64_t
clock_wall_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return wall_us != 0 ? wall_us : (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The published file `id` is whole: its envelope is read into `envelope`. */
static int
read_published(int directory, uint64_t id, struct envelope *envelope)
{
	char name[QUEUE_ID_SIZE];
	struct error error;
	int result;
	int fd;

	queue_id_format(id, name);
	fd = openat(directory, name, O_RDONLY | O_NOFOLLOW);
	if (fd == -1)
		return -1;
	result = envelope_read(fd, envelope, &error);
	if (result == 0 && envelope_verify(fd, envelope, &error) == -1) {
		envelope_free(envelope);
		result = -1;
	}
	close(fd);
	return result;
}

static void
octet_for_octet(void **state)
{
	struct fixture *fixture = *state;
	char name[QUEUE_ID_SIZE];
	struct envelope read;
	struct message message;
	struct error error;
	char expected[512];
	struct stat st;
	char *text;
	uint64_t id;

	if (message_accept(&message, fixture->spool.incoming, &id, &error) == -1)
		fail_msg("%s", error.text);
	assert_int_equal(read_published(fixture->spool.incoming, id, &read), 0);
	snprintf(expected, sizeof(expected),
	    "postoak-message 1\nkey: %s\nreceived: 1795328000.000042\nuid: 4711\n"
	    "sender: alice@example.com\nbody: 7bit\nsmtputf8: no\nrecipient: bob@example.org\n"
	    "size: 000000000022\ncrc32c: %08x\n\n" MESSAGE_BODY,
	    message.envelope.key, read.crc);
	queue_id_format(id, name);
	text = get_file(fixture->spool.incoming, name, NULL);
	assert_string_equal(text, expected);
	free(text);
	assert_int_equal(fstatat(fixture->spool.incoming, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0440);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(count_names(fixture->spool.incoming), 1);
	/* The envelope that was given in is complete now. */
	assert_int_equal(message.envelope.size, strlen(MESSAGE_BODY));
	assert_int_equal(message.envelope.crc, read.crc);
	assert_int_equal(message.envelope.body_offset, read.body_offset);
	envelope_free(&read);
}

static void
large_messages_in_pieces(void **state)
{
	static const size_t pieces[] = {1, 7, 4096, 65535, 65536, 65537, 300000};
	const size_t total = 400001;
	struct fixture *fixture = *state;
	char *body = malloc(total);
	struct message message;
	struct envelope read;
	struct accept *accept;
	struct error error;
	uint64_t id;

	assert_non_null(body);
	for (size_t i = 0; i < total; i++)
		body[i] = "abcdefghijklmnopqrstuvwxyz"[i * i % 26];
	body[total - 1] = (char)0xe4;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		message_init(&message);
		accept = accept_begin(fixture->spool.queue, &message.envelope, &error);
		assert_non_null(accept);
		for (size_t done = 0; done < total; done += pieces[i]) {
			size_t length = total - done < pieces[i] ? total - done : pieces[i];

			assert_int_equal(accept_write(accept, body + done, length, &error), 0);
		}
		assert_int_equal(accept_seal(accept, &error), 0);
		assert_int_equal(accept_publish(accept, &id, &error), 0);
		accept_free(accept);
		assert_int_equal(read_published(fixture->spool.queue, id, &read), 0);
		assert_int_equal(read.size, total);
		assert_true(read.eight_bit);
		envelope_free(&read);
	}
	free(body);
}

static void
eight_bit_is_noticed_anywhere(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct accept *accept;
	struct error error;

	for (size_t position = 0; position < 20; position++) {
		char body[20];

		memset(body, 'x', sizeof(body));
		body[position] = (char)0x80;
		message_init(&message);
		accept = accept_begin(fixture->spool.queue, &message.envelope, &error);
		assert_non_null(accept);
		assert_int_equal(accept_write(accept, body, sizeof(body), &error), 0);
		assert_int_equal(accept_write(accept, "y", 1, &error), 0);
		assert_int_equal(accept_seal(accept, &error), 0);
		assert_true(message.envelope.eight_bit);
		accept_free(accept);
	}
	assert_int_equal(count_names(fixture->spool.queue), 0);
}

static void
empty_message(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct envelope read;
	struct accept *accept;
	struct error error;
	uint64_t id;

	message_init(&message);
	accept = accept_begin(fixture->spool.queue, &message.envelope, &error);
	assert_non_null(accept);
	assert_int_equal(accept_seal(accept, &error), 0);
	assert_int_equal(accept_publish(accept, &id, &error), 0);
	accept_free(accept);
	assert_int_equal(read_published(fixture->spool.queue, id, &read), 0);
	assert_int_equal(read.size, 0);
	envelope_free(&read);
}

/* Its header alone is larger than the buffer, so that its end is in it when it is sealed. */
static void
many_recipients(void **state)
{
	static char address[] = "recipient-of-a-large-list@example.org";
	struct fixture *fixture = *state;
	const size_t count = 50000;
	struct recipient *recipients = calloc(count, sizeof(*recipients));
	struct message message;
	struct envelope read;
	struct accept *accept;
	struct error error;
	uint64_t id;

	assert_non_null(recipients);
	for (size_t i = 0; i < count; i++)
		recipients[i].address = address;
	for (size_t used = 1; used <= count; used *= 5) {
		message_init(&message);
		message.envelope.recipients = recipients;
		message.envelope.recipient_count = used;
		accept = accept_begin(fixture->spool.queue, &message.envelope, &error);
		assert_non_null(accept);
		assert_int_equal(
		    accept_write(accept, MESSAGE_BODY, strlen(MESSAGE_BODY), &error), 0);
		assert_int_equal(accept_seal(accept, &error), 0);
		assert_int_equal(accept_publish(accept, &id, &error), 0);
		accept_free(accept);
		assert_int_equal(read_published(fixture->spool.queue, id, &read), 0);
		assert_int_equal(read.recipient_count, used);
		assert_int_equal(read.size, strlen(MESSAGE_BODY));
		envelope_free(&read);
	}
	free(recipients);
}

static void
nothing_is_left_without_publish(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct accept *accept;
	struct error error;

	message_init(&message);
	accept = accept_begin(fixture->spool.incoming, &message.envelope, &error);
	assert_non_null(accept);
	accept_free(accept);
	accept = message_seal(&message, fixture->spool.incoming, &error);
	assert_non_null(accept);
	accept_free(accept);
	accept_free(NULL);
	assert_int_equal(count_names(fixture->spool.incoming), 0);
}

static void
ids_in_use_are_passed_over(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	char name[QUEUE_ID_SIZE];
	struct error error;
	uint64_t id;
	char *text;

	/* The clock stands still, and two messages were faster. */
	put_file(fixture->spool.queue, "000000010000", "x", 1);
	put_file(fixture->spool.queue, "000000010001", "y", 1);
	wall_us = UINT64_C(0x10000) * 16;
	for (uint64_t expected = 0x10002; expected < 0x10005; expected++) {
		assert_int_equal(message_accept(&message, fixture->spool.queue, &id, &error), 0);
		assert_int_equal(id, expected);
	}
	wall_us = 0;
	queue_id_format(0x10001, name);
	text = get_file(fixture->spool.queue, name, NULL);
	assert_string_equal(text, "y");
	free(text);
	assert_int_equal(count_names(fixture->spool.queue), 5);
}

static void
another_process_publishes(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct envelope read;
	struct accept *accept;
	struct error error;
	uint64_t id;

	message_init(&message);
	accept = message_seal(&message, fixture->spool.queue, &error);
	assert_non_null(accept);
	assert_int_equal(
	    accept_publish_file(accept_file(accept), fixture->spool.queue, &id, &error), 0);
	accept_free(accept);
	assert_int_equal(read_published(fixture->spool.queue, id, &read), 0);
	envelope_free(&read);
	assert_int_equal(count_names(fixture->spool.queue), 1);
}

static void
a_bad_envelope_begins_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct error error;

	message_init(&message);
	strcpy(message.address, "bob\nuid: 0");
	assert_null(accept_begin(fixture->spool.incoming, &message.envelope, &error));
	assert_int_equal(error.status, EX_DATAERR);
	assert_int_equal(count_names(fixture->spool.incoming), 0);
}

static int
begin_without_permission(void *context)
{
	struct fixture *fixture = context;
	struct message message;
	struct error error;

	message_init(&message);
	CHECK(refuse(SYS_openat, 2, O_RDWR, O_RDWR, EACCES) == 0);
	errno = 0;
	CHECK(accept_begin(fixture->spool.incoming, &message.envelope, &error) == NULL);
	CHECK(errno == EACCES);
	CHECK(error.status == EX_TEMPFAIL);
	return 0;
}

static void
errno_tells_why_it_cannot_begin(void **state)
{
	assert_true(in_child(begin_without_permission, *state));
}

static int
accept_here(struct fixture *fixture)
{
	struct message message;
	struct envelope read;
	struct error error;
	uint64_t id;

	for (int i = 0; i < 2; i++) {
		if (message_accept(&message, fixture->spool.incoming, &id, &error) == -1)
			fprintf(stderr, "%s\n", error.text);
		CHECK(read_published(fixture->spool.incoming, id, &read) == 0);
		CHECK(strcmp(read.key, message.envelope.key) == 0);
		envelope_free(&read);
	}
	return 0;
}

static int
hand_over_here(struct fixture *fixture)
{
	struct message message;
	struct accept *accept;
	struct error error;
	uint64_t id;

	message_init(&message);
	accept = message_seal(&message, fixture->spool.incoming, &error);
	CHECK(accept != NULL);
	CHECK(accept_publish_file(accept_file(accept), fixture->spool.incoming, &id, &error) == 0);
	accept_free(accept);
	message_init(&message);
	accept = message_seal(&message, fixture->spool.incoming, &error);
	CHECK(accept != NULL);
	accept_free(accept);
	return 0;
}

static int
without_tmpfile(void *context)
{
	CHECK(refuse(SYS_openat, 2, O_TMPFILE, O_TMPFILE, EOPNOTSUPP) == 0);
	CHECK(accept_here(context) == 0);
	return hand_over_here(context);
}

static int
without_proc(void *context)
{
	CHECK(refuse(SYS_newfstatat, 0, UINT32_MAX, (uint32_t)AT_FDCWD, ENOENT) == 0);
	CHECK(refuse(SYS_linkat, 0, 0, 0, ENOENT) == 0);
	CHECK(accept_here(context) == 0);
	return hand_over_here(context);
}

static int
without_renameat2(void *context)
{
	CHECK(refuse(SYS_openat, 2, O_TMPFILE, O_TMPFILE, EISDIR) == 0);
	CHECK(refuse(SYS_renameat2, 0, 0, 0, EINVAL) == 0);
	CHECK(accept_here(context) == 0);
	return hand_over_here(context);
}

static void
fallbacks(void **state)
{
	static int (*const kernels[])(void *) = {without_tmpfile, without_proc, without_renameat2};
	struct fixture *fixture = *state;

	for (int i = 0; i < 3; i++) {
		assert_true(in_child(kernels[i], fixture));
		/* Nothing but the published. */
		assert_int_equal(count_names(fixture->spool.incoming), 3 * (i + 1));
	}
}

static int
sync_fails(struct fixture *fixture, int fd)
{
	struct message message;
	struct error error;
	uint64_t id = 42;

	CHECK(
	    refuse(SYS_fsync, 0, fd == -1 ? 0 : UINT32_MAX, fd == -1 ? 0 : (uint32_t)fd, EIO) == 0);
	CHECK(message_accept(&message, fixture->spool.incoming, &id, &error) == -1);
	CHECK(error.status == EX_TEMPFAIL);
	CHECK(id == 42);
	return 0;
}

static int
file_sync_fails(void *context)
{
	return sync_fails(context, -1);
}

static int
directory_sync_fails(void *context)
{
	struct fixture *fixture = context;

	return sync_fails(fixture, fixture->spool.incoming);
}

static int
directory_sync_fails_with_dot_name(void *context)
{
	CHECK(refuse(SYS_openat, 2, O_TMPFILE, O_TMPFILE, EOPNOTSUPP) == 0);
	return directory_sync_fails(context);
}

static void
a_failed_sync_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_true(in_child(file_sync_fails, fixture));
	assert_true(in_child(directory_sync_fails, fixture));
	assert_true(in_child(directory_sync_fails_with_dot_name, fixture));
	assert_int_equal(count_names(fixture->spool.incoming), 0);
}

/* As on a full disk: the file may not grow beyond 100,000 octets. */
static int
write_too_much(void *context)
{
	const struct rlimit limit = {100000, 100000};
	struct fixture *fixture = context;
	static char body[200000];
	struct message message;
	struct accept *accept;
	struct error error;

	memset(body, 'x', sizeof(body));
	message_init(&message);
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	accept = accept_begin(fixture->spool.incoming, &message.envelope, &error);
	CHECK(accept != NULL);
	CHECK(accept_write(accept, body, sizeof(body), &error) == -1);
	CHECK(error.status == EX_TEMPFAIL);
	CHECK(strcmp(error.text, "cannot write the message: File too large") == 0);
	CHECK(accept_seal(accept, &error) == -1);
	CHECK(error.status == EX_TEMPFAIL);
	accept_free(accept);
	return 0;
}

/* The same while all is still in the buffer. */
static int
write_too_much_at_the_end(void *context)
{
	const struct rlimit limit = {100, 100};
	struct fixture *fixture = context;
	struct message message;
	struct error error;

	message_init(&message);
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK(message_seal(&message, fixture->spool.incoming, &error) == NULL);
	CHECK(error.status == EX_TEMPFAIL);
	return 0;
}

static int
write_without_tmpfile(void *context)
{
	CHECK(refuse(SYS_openat, 2, O_TMPFILE, O_TMPFILE, EOPNOTSUPP) == 0);
	return write_too_much(context);
}

static void
a_full_disk_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_true(in_child(write_too_much, fixture));
	assert_true(in_child(write_too_much_at_the_end, fixture));
	assert_true(in_child(write_without_tmpfile, fixture));
	assert_int_equal(count_names(fixture->spool.incoming), 0);
}

/* What is handed to another process is a message file, too. */
static void
into_a_file_of_the_callers(void **state)
{
	struct fixture *fixture = *state;
	int file = openat(fixture->spool.root, ".", O_TMPFILE | O_RDWR, 0600);
	struct message message;
	struct envelope read;
	struct accept *accept;
	struct error error;

	if (file == -1)
		skip();
	message_init(&message);
	accept = accept_begin_file(file, &message.envelope, &error);
	assert_non_null(accept);
	assert_int_equal(accept_write(accept, MESSAGE_BODY, strlen(MESSAGE_BODY), &error), 0);
	assert_int_equal(accept_seal(accept, &error), 0);
	assert_int_equal(envelope_read(accept_file(accept), &read, &error), 0);
	assert_int_equal(envelope_verify(accept_file(accept), &read, &error), 0);
	assert_string_equal(read.recipients[0].address, "bob@example.org");
	envelope_free(&read);
	accept_free(accept);
	assert_int_equal(fcntl(file, F_GETFD), -1);
}

/* The file is accept's all the same. */
static void
a_refused_envelope_closes_the_callers_file(void **state)
{
	struct fixture *fixture = *state;
	int file = openat(fixture->spool.root, ".", O_RDONLY | O_DIRECTORY);
	struct message message;
	struct error error;

	message_init(&message);
	message.envelope.recipient_count = 0;
	assert_null(accept_begin_file(file, &message.envelope, &error));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(fcntl(file, F_GETFD), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(octet_for_octet, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		into_a_file_of_the_callers, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_refused_envelope_closes_the_callers_file, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		large_messages_in_pieces, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		eight_bit_is_noticed_anywhere, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(empty_message, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(many_recipients, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		nothing_is_left_without_publish, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		ids_in_use_are_passed_over, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		another_process_publishes, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_bad_envelope_begins_nothing, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		errno_tells_why_it_cannot_begin, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(fallbacks, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_failed_sync_leaves_nothing, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_full_disk_leaves_nothing, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
