/* SPDX-License-Identifier: ISC */
#include "queue/spool/take.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "tests/unit/queue/spool/fixture.h"
#include "tests/unit/queue/spool/message.h"
#include "tests/unit/queue/spool/refuse.h"

/* An id of the past, so that no new one meets it. */
#define OLD_ID UINT64_C(0x1000)
#define OLD_NAME "000000001000"

static void
taken_into_the_queue(void **state)
{
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct message message;
	struct error error;
	uint64_t given;
	uint64_t id;

	assert_int_equal(message_accept(&message, fixture->spool.incoming, &given, &error), 0);
	id = given;
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_OK);
	assert_int_equal(id, given);
	assert_string_equal(envelope.key, message.envelope.key);
	/* The spool's owner wrote it: the uid line counts. */
	assert_int_equal(envelope.uid, 4711);
	envelope_free(&envelope);
	assert_int_equal(count_names(fixture->spool.incoming), 0);
	assert_int_equal(count_names(fixture->spool.queue), 1);
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_ABSENT);
}

static void
others_cannot_choose_their_uid(void **state)
{
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct message message;
	char name[QUEUE_ID_SIZE];
	struct error error;
	uint64_t id;

	if (geteuid() != 0)
		skip();
	assert_int_equal(message_accept(&message, fixture->spool.incoming, &id, &error), 0);
	queue_id_format(id, name);
	assert_int_equal(fchownat(fixture->spool.incoming, name, 1234, (gid_t)-1, 0), 0);
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_OK);
	assert_int_equal(envelope.uid, 1234);
	envelope_free(&envelope);
}

static void
young_files_wait_for_a_scan(void **state)
{
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct message message;
	struct error error;
	uint64_t id;

	assert_int_equal(message_accept(&message, fixture->spool.incoming, &id, &error), 0);
	assert_int_equal(take_message(&fixture->spool, &id, 1, &envelope, &error), TAKE_YOUNG);
	assert_int_equal(count_names(fixture->spool.incoming), 1);
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_OK);
	envelope_free(&envelope);
}

static void
ids_in_use_are_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct message message;
	char name[QUEUE_ID_SIZE];
	struct error error;
	uint64_t id;
	char *text;

	assert_int_equal(message_accept(&message, fixture->spool.incoming, &id, &error), 0);
	queue_id_format(id, name);
	assert_int_equal(
	    renameat(fixture->spool.incoming, name, fixture->spool.incoming, OLD_NAME), 0);
	put_file(fixture->spool.queue, OLD_NAME, "other", 5);
	put_file(fixture->spool.hold, "000000001001", "", 0);
	put_file(fixture->spool.incoming, "000000001002", "", 0);
	id = OLD_ID;
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_OK);
	envelope_free(&envelope);
	assert_int_equal(id, OLD_ID + 3);
	text = get_file(fixture->spool.queue, OLD_NAME, NULL);
	assert_string_equal(text, "other");
	free(text);
	assert_true(file_exists(fixture->spool.queue, "000000001003"));
	assert_false(file_exists(fixture->spool.incoming, OLD_NAME));
}

static int
take_without_renameat2(void *context)
{
	struct fixture *fixture = context;
	struct envelope envelope;
	struct message message;
	struct error error;
	char name[QUEUE_ID_SIZE];
	uint64_t given;
	uint64_t id;

	CHECK(refuse(SYS_renameat2, 0, 0, 0, EINVAL) == 0);
	CHECK(message_accept(&message, fixture->spool.incoming, &given, &error) == 0);
	queue_id_format(given, name);
	put_file(fixture->spool.queue, name, "other", 5);
	id = given;
	CHECK(take_message(&fixture->spool, &id, 0, &envelope, &error) == TAKE_OK);
	CHECK(id == given + 1);
	envelope_free(&envelope);
	put_file(fixture->spool.corrupt, OLD_NAME, "other", 5);
	put_file(fixture->spool.incoming, OLD_NAME, "torn", 4);
	id = OLD_ID;
	CHECK(take_message(&fixture->spool, &id, 0, &envelope, &error) == TAKE_CORRUPT);
	return 0;
}

static void
without_renameat2(void **state)
{
	struct fixture *fixture = *state;

	assert_true(in_child(take_without_renameat2, fixture));
	assert_int_equal(count_names(fixture->spool.incoming), 0);
	assert_int_equal(count_names(fixture->spool.queue), 2);
	assert_true(file_exists(fixture->spool.corrupt, OLD_NAME ".1"));
}

/* Put a whole message under OLD_NAME into incoming/. */
static void
put_message(struct fixture *fixture)
{
	struct message message;
	char name[QUEUE_ID_SIZE];
	struct error error;
	uint64_t id;

	assert_int_equal(message_accept(&message, fixture->spool.incoming, &id, &error), 0);
	queue_id_format(id, name);
	assert_int_equal(
	    renameat(fixture->spool.incoming, name, fixture->spool.incoming, OLD_NAME), 0);
}

static void
put_symlink(struct fixture *fixture)
{
	assert_int_equal(symlinkat("/etc/passwd", fixture->spool.incoming, OLD_NAME), 0);
}

static void
put_fifo(struct fixture *fixture)
{
	assert_int_equal(mkfifoat(fixture->spool.incoming, OLD_NAME, 0600), 0);
}

static void
put_socket(struct fixture *fixture)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(
	    address.sun_path, sizeof(address.sun_path), "%s/incoming/" OLD_NAME, fixture->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void
put_directory(struct fixture *fixture)
{
	assert_int_equal(mkdirat(fixture->spool.incoming, OLD_NAME, 0700), 0);
}

static void
put_second_name(struct fixture *fixture)
{
	put_message(fixture);
	assert_int_equal(
	    linkat(fixture->spool.incoming, OLD_NAME, fixture->spool.hold, "second", 0), 0);
}

static void
put_group_writable(struct fixture *fixture)
{
	put_message(fixture);
	assert_int_equal(fchmodat(fixture->spool.incoming, OLD_NAME, 0460, 0), 0);
}

static void
put_world_writable(struct fixture *fixture)
{
	put_message(fixture);
	assert_int_equal(fchmodat(fixture->spool.incoming, OLD_NAME, 0442, 0), 0);
}

static void
put_torn(struct fixture *fixture)
{
	char *text;
	size_t length;

	put_message(fixture);
	text = get_file(fixture->spool.incoming, OLD_NAME, &length);
	assert_int_equal(unlinkat(fixture->spool.incoming, OLD_NAME, 0), 0);
	put_file(fixture->spool.incoming, OLD_NAME, text, length - 1);
	free(text);
}

static void
put_empty(struct fixture *fixture)
{
	put_file(fixture->spool.incoming, OLD_NAME, "", 0);
}

static void
put_huge(struct fixture *fixture)
{
	char path[128];

	put_file(fixture->spool.incoming, OLD_NAME, "", 0);
	snprintf(path, sizeof(path), "%s/incoming/" OLD_NAME, fixture->path);
	assert_int_equal(truncate(path, INT64_C(17) << 30), 0);
}

static void
what_is_no_message_goes_to_corrupt(void **state)
{
	static void (*const kinds[])(struct fixture *) = {put_symlink, put_fifo, put_socket,
	    put_directory, put_second_name, put_group_writable, put_world_writable, put_torn,
	    put_empty, put_huge};
	const int count = (int)(sizeof(kinds) / sizeof(kinds[0]));
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct error error;

	for (int i = 0; i < count; i++) {
		uint64_t id = OLD_ID;

		kinds[i](fixture);
		memset(&error, 0, sizeof(error));
		assert_int_equal(
		    take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_CORRUPT);
		assert_string_not_equal(error.text, "");
		assert_int_equal(count_names(fixture->spool.incoming), 0);
		/* All had the same name. */
		assert_int_equal(count_names(fixture->spool.corrupt), i + 1);
	}
	assert_int_equal(count_names(fixture->spool.queue), 0);
	assert_true(file_exists(fixture->spool.corrupt, OLD_NAME ".9"));
}

static void
a_higher_version_stays(void **state)
{
	const char text[] = "postoak-message 2\nwhatever\n";
	struct fixture *fixture = *state;
	struct envelope envelope;
	struct error error;
	uint64_t id = OLD_ID;

	put_file(fixture->spool.incoming, OLD_NAME, text, strlen(text));
	assert_int_equal(take_message(&fixture->spool, &id, 0, &envelope, &error), TAKE_NEWER);
	assert_true(file_exists(fixture->spool.incoming, OLD_NAME));
}

static int
take_without_permission(void *context)
{
	struct fixture *fixture = context;
	struct envelope envelope;
	struct error error;
	uint64_t id = OLD_ID;

	CHECK(refuse(SYS_openat, 2, O_NONBLOCK, O_NONBLOCK, EACCES) == 0);
	CHECK(take_message(&fixture->spool, &id, 0, &envelope, &error) == TAKE_FAILED);
	CHECK(error.status == EX_TEMPFAIL);
	return 0;
}

static void
what_cannot_be_opened_stays(void **state)
{
	struct fixture *fixture = *state;

	put_message(fixture);
	assert_true(in_child(take_without_permission, fixture));
	assert_true(file_exists(fixture->spool.incoming, OLD_NAME));
}

static void
long_names_fit_corrupt(void **state)
{
	struct fixture *fixture = *state;
	char name[256];

	memset(name, 'x', 255);
	name[255] = '\0';
	for (int i = 0; i < 3; i++) {
		put_file(fixture->spool.queue, name, "", 0);
		assert_int_equal(take_to_corrupt(&fixture->spool, fixture->spool.queue, name), 0);
		assert_int_equal(count_names(fixture->spool.corrupt), i + 1);
	}
	assert_int_equal(take_to_corrupt(&fixture->spool, fixture->spool.queue, name), -1);
	assert_int_equal(errno, ENOENT);
}

static void
set_age(int directory, const char *name, time_t days, time_t seconds)
{
	const struct timespec times[2] = {
	    {.tv_sec = time(NULL)},
	    {.tv_sec = time(NULL) - days * 24 * 60 * 60 - seconds},
	};

	assert_int_equal(utimensat(directory, name, times, 0), 0);
}

static void
old_dot_names_are_swept(void **state)
{
	struct fixture *fixture = *state;

	put_file(fixture->spool.incoming, ".old", "x", 1);
	set_age(fixture->spool.incoming, ".old", 7, 60);
	put_file(fixture->spool.incoming, ".young", "x", 1);
	set_age(fixture->spool.incoming, ".young", 6, 0);
	put_file(fixture->spool.incoming, OLD_NAME, "x", 1);
	set_age(fixture->spool.incoming, OLD_NAME, 8, 0);
	put_file(fixture->spool.queue, ".old", "x", 1);
	set_age(fixture->spool.queue, ".old", 7, 60);
	take_sweep(&fixture->spool);
	assert_false(file_exists(fixture->spool.incoming, ".old"));
	assert_true(file_exists(fixture->spool.incoming, ".young"));
	assert_true(file_exists(fixture->spool.incoming, OLD_NAME));
	assert_false(file_exists(fixture->spool.queue, ".old"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(taken_into_the_queue, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		others_cannot_choose_their_uid, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		young_files_wait_for_a_scan, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		ids_in_use_are_replaced, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(without_renameat2, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_no_message_goes_to_corrupt, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_higher_version_stays, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_cannot_be_opened_stays, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		long_names_fit_corrupt, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		old_dot_names_are_swept, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
