/* SPDX-License-Identifier: ISC */
#include "queue/spool/delivered.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "queue/spool/crc32c.h"
#include "tests/unit/queue/spool/fixture.h"
#include "tests/unit/queue/spool/refuse.h"

#define KEY "00112233445566ff"
#define OTHER_KEY "ffffffffffffffff"

static bool
all_live(const struct delivered_line *line, void *context)
{
	(void)line;
	(void)context;
	return true;
}

static bool
even_live(const struct delivered_line *line, void *context)
{
	(void)context;
	return line->id % 2 == 0;
}

static struct delivered *
open_log(struct fixture *fixture, bool (*live)(const struct delivered_line *line, void *context))
{
	struct delivered *delivered;
	struct error error;

	delivered = delivered_open(&fixture->spool, live, NULL, &error);
	if (delivered == NULL)
		fail_msg("%s", error.text);
	return delivered;
}

static void
append(struct delivered *delivered, uint64_t id, const char *key, uint32_t index, bool failed)
{
	struct delivered_line line = {.id = id, .index = index, .failed = failed};
	struct error error;

	memcpy(line.key, key, sizeof(line.key));
	assert_int_equal(delivered_append(delivered, &line, &error), 0);
}

/* What was recalled, as text: "0s 2f ". */
static void
note(uint32_t index, bool failed, void *context)
{
	char *text = context;

	sprintf(text + strlen(text), "%" PRIu32 "%c ", index, failed ? 'f' : 's');
}

static void
assert_recalled(struct delivered *delivered, uint64_t id, const char *key, const char *expected)
{
	char text[256] = "";

	delivered_recall(delivered, id, key, note, text);
	assert_string_equal(text, expected);
}

/* A line as it stands in the file, its checksum made here. */
static void
add_line(char *text, const char *words)
{
	sprintf(text + strlen(text), "%s %08x\n", words, crc32c(0, words, strlen(words)));
}

static void
octet_for_octet(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, all_live);
	char expected[256] = "";
	struct stat st;
	size_t length;
	char *text;

	append(delivered, 0xab, KEY, 0, false);
	append(delivered, UINT64_C(0xfedcba987654), KEY, UINT32_MAX, true);
	text = get_file(fixture->spool.root, "delivered.1", &length);
	add_line(expected, "0000000000AB " KEY " 0 sent");
	add_line(expected, "FEDCBA987654 " KEY " 4294967295 failed");
	assert_string_equal(text, expected);
	assert_int_equal(length, DELIVERED_GENERATION_SIZE);
	for (size_t i = strlen(expected); i < length; i++)
		assert_int_equal(text[i], 0);
	free(text);
	assert_int_equal(fstatat(fixture->spool.root, "delivered.1", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* Preallocated: all blocks are there. */
	assert_true(st.st_blocks * 512 >= DELIVERED_GENERATION_SIZE);
	/* Opening synced the directory, and nothing was full. */
	assert_false(delivered_directory_dirty(delivered));
	assert_int_equal(delivered_previous(delivered), -1);
	assert_false(delivered_retirable(delivered));
	delivered_free(delivered);
	delivered_free(NULL);
}

static void
recalled_once(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, all_live);

	append(delivered, 3, KEY, 7, false);
	append(delivered, 2, KEY, 1, true);
	append(delivered, 2, OTHER_KEY, 5, false);
	append(delivered, 2, KEY, 0, false);
	append(delivered, 2, KEY, 1, true); /* twice */
	append(delivered, 4, KEY, 0, true); /* both: what was sent must not bounce */
	append(delivered, 4, KEY, 0, false);
	assert_recalled(delivered, 2, KEY, ""); /* only what was there at the start */
	delivered_free(delivered);

	delivered = open_log(fixture, all_live);
	assert_recalled(delivered, 1, KEY, "");
	assert_recalled(delivered, 2, "0000000000000000", "");
	assert_recalled(delivered, 2, KEY, "0s 1f ");
	assert_recalled(delivered, 2, KEY, "");
	assert_recalled(delivered, 2, OTHER_KEY, "5s ");
	assert_recalled(delivered, 4, KEY, "0s ");
	assert_recalled(delivered, 3, KEY, "7s ");
	assert_recalled(delivered, 3, KEY, "");
	delivered_free(delivered);
}

static void
live_lines_are_carried_over(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, all_live);
	char expected[256] = "";
	char *text;

	append(delivered, 2, KEY, 1, true);
	append(delivered, 3, KEY, 0, false);
	append(delivered, 2, KEY, 0, false);
	delivered_free(delivered);

	delivered = open_log(fixture, even_live);
	/* The unlink of the dead one may not be durable yet. */
	assert_true(file_exists(fixture->spool.root, "delivered.1"));
	assert_true(delivered_retirable(delivered));
	delivered_retire(delivered);
	assert_false(file_exists(fixture->spool.root, "delivered.1"));
	assert_false(delivered_retirable(delivered));
	text = get_file(fixture->spool.root, "delivered.2", NULL);
	add_line(expected, "000000000002 " KEY " 0 sent");
	add_line(expected, "000000000002 " KEY " 1 failed");
	assert_string_equal(text, expected);
	free(text);
	append(delivered, 6, KEY, 0, false);
	delivered_free(delivered);

	delivered = open_log(fixture, all_live);
	assert_recalled(delivered, 2, KEY, "0s 1f ");
	assert_recalled(delivered, 3, KEY, "");
	assert_recalled(delivered, 6, KEY, "0s ");
	delivered_free(delivered);
}

static void
bad_lines_are_skipped(void **state)
{
	static char text[65536];
	struct fixture *fixture = *state;
	struct delivered *delivered;
	size_t length;
	char *p;

	strcpy(text, "garbage\n\n");
	add_line(text, "000000000002 " KEY " 0 sent");
	/* A right checksum over what is no line. */
	add_line(text, "000000000002 " KEY " 1 bounced");
	add_line(text, "00000000000a " KEY " 1 sent");
	add_line(text, "000000000002 " KEY " 01 sent");
	add_line(text, "000000000002 " KEY " 4294967296 sent");
	add_line(text, "000000000002 " KEY " 1 sent sent");
	add_line(text, "000000000002 " KEY " 1");
	add_line(text, "000000000002 0011 1 sent");
	add_line(text, "");
	/* A wrong one. */
	strcat(text, "000000000002 " KEY " 1 sent 00000000\n");
	p = text + strlen(text);
	add_line(text, "000000000002 " KEY " 1 sent");
	p[30] = '2';
	/* Half of one, then a page that was never written, then a whole one. */
	strcat(text, "000000000002 " KEY " 1 se");
	length = strlen(text) + 4096;
	p = text + length;
	add_line(p, "000000000002 " KEY " 3 failed");
	length += strlen(p);
	/* One without its line end. */
	strcpy(text + length, "000000000002 " KEY " 4 sent");
	length += strlen(text + length);
	put_file(fixture->spool.root, "delivered.7", text, length);
	delivered = open_log(fixture, all_live);
	assert_true(file_exists(fixture->spool.root, "delivered.8"));
	assert_recalled(delivered, 2, KEY, "0s 3f ");
	delivered_free(delivered);
}

static void
any_truncation_is_read(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered;
	char text[256] = "";
	size_t one;

	add_line(text, "000000000002 " KEY " 0 sent");
	one = strlen(text);
	add_line(text, "000000000002 " KEY " 1 sent");
	for (size_t length = one; length <= strlen(text); length += 5) {
		put_file(fixture->spool.root, "delivered.1", text, length);
		delivered = open_log(fixture, all_live);
		assert_recalled(delivered, 2, KEY, length < strlen(text) ? "0s " : "0s 1s ");
		assert_true(delivered_retirable(delivered));
		delivered_retire(delivered);
		delivered_free(delivered);
		assert_int_equal(unlinkat(fixture->spool.root, "delivered.2", 0), 0);
	}
}

static void
other_names_are_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered;
	char text[128] = "";

	add_line(text, "000000000002 " KEY " 0 sent");
	put_file(fixture->spool.root, "delivered.01", text, strlen(text));
	put_file(fixture->spool.root, "delivered.1~", text, strlen(text));
	put_file(fixture->spool.root, "delivered.", text, strlen(text));
	put_file(fixture->spool.root, "xdelivered.1", text, strlen(text));
	delivered = open_log(fixture, all_live);
	assert_recalled(delivered, 2, KEY, "");
	assert_false(delivered_retirable(delivered));
	assert_true(file_exists(fixture->spool.root, "delivered.1"));
	delivered_free(delivered);
}

static void
much_garbage_takes_no_memory(void **state)
{
	struct fixture *fixture = *state;
	static unsigned char block[65536];
	struct delivered *delivered;
	struct rusage before;
	struct rusage after;
	uint32_t random = 1;
	char text[128] = "\n";
	int fd;

	fd = openat(fixture->spool.root, "delivered.3", O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	for (size_t i = 0; i < sizeof(block); i++) {
		random = random * 1664525 + 1013904223;
		block[i] = (unsigned char)(random >> 24);
	}
	for (int i = 0; i < 100 * 16; i++)
		assert_int_equal(write(fd, block, sizeof(block)), sizeof(block));
	add_line(text, "000000000002 " KEY " 0 sent");
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	delivered = open_log(fixture, all_live);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_recalled(delivered, 2, KEY, "0s ");
	delivered_free(delivered);
	assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
}

/* Append lines of one id until a generation more is there; returns how many. */
static uint32_t
fill_generation(struct delivered *delivered, uint64_t id)
{
	int file = delivered_file(delivered);
	uint32_t count = 0;

	while (delivered_file(delivered) == file)
		append(delivered, id, KEY, count++, false);
	return count;
}

static void
generations_change(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, even_live);
	int file = delivered_file(delivered);
	char name[16];
	struct stat before;
	struct stat after;
	uint32_t count;

	/* Nothing of a line grows the file: that would be one more thing to sync. */
	assert_int_equal(fstat(file, &before), 0);
	for (count = 0; !file_exists(fixture->spool.root, "delivered.2"); count++)
		append(delivered, 1, KEY, count, false);
	assert_int_equal(fstat(file, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	/* Made when the first was half full, and its name is to be synced once. */
	assert_int_equal(delivered_file(delivered), file);
	assert_in_range(
	    count, DELIVERED_GENERATION_SIZE / 2 / 60, DELIVERED_GENERATION_SIZE / 2 / 45);
	assert_true(delivered_directory_dirty(delivered));
	assert_false(delivered_directory_dirty(delivered));
	assert_int_equal(delivered_previous(delivered), -1);
	assert_false(delivered_retirable(delivered));

	(void)fill_generation(delivered, 1);
	assert_int_not_equal(delivered_file(delivered), file);
	assert_false(delivered_directory_dirty(delivered));
	assert_int_equal(delivered_previous(delivered), file);
	assert_int_equal(delivered_previous(delivered), -1);
	assert_int_equal(fdatasync(file), 0);
	close(file);

	/* Only what was full when the syncfs began may go. */
	assert_true(delivered_retirable(delivered));
	(void)fill_generation(delivered, 2);
	assert_true(delivered_retirable(delivered));
	delivered_retire(delivered);
	for (int i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "delivered.%d", i);
		assert_int_equal(file_exists(fixture->spool.root, name), i != 1);
	}
	assert_true(delivered_retirable(delivered));
	delivered_free(delivered);

	delivered = open_log(fixture, even_live);
	assert_true(delivered_retirable(delivered));
	delivered_free(delivered);
}

static void
more_live_lines_than_a_generation_holds(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, all_live);
	uint32_t count = fill_generation(delivered, 2);
	struct stat st;

	count += fill_generation(delivered, 4);
	delivered_free(delivered);
	delivered = open_log(fixture, all_live);
	assert_int_equal(fstat(delivered_file(delivered), &st), 0);
	/* All of them are in the new one, and there is room for as many more. */
	assert_true(st.st_size >= (off_t)count * 40 + DELIVERED_GENERATION_SIZE);
	assert_true(delivered_retirable(delivered));
	delivered_retire(delivered);
	delivered_free(delivered);
	delivered = open_log(fixture, all_live);
	assert_int_equal(fstat(delivered_file(delivered), &st), 0);
	assert_true(st.st_size >= (off_t)count * 40 + DELIVERED_GENERATION_SIZE);
	delivered_free(delivered);
}

static void
after_a_failed_sync(void **state)
{
	struct fixture *fixture = *state;
	struct delivered *delivered = open_log(fixture, all_live);
	uint32_t count;

	for (count = 0; !file_exists(fixture->spool.root, "delivered.2"); count++)
		append(delivered, 2, KEY, count, false);
	(void)delivered_directory_dirty(delivered);
	delivered_abandon(delivered);
	/* Neither the one that could not be synced nor the one whose name could not. */
	assert_int_equal(delivered_file(delivered), -1);
	assert_int_equal(delivered_previous(delivered), -1);
	assert_false(file_exists(fixture->spool.root, "delivered.2"));
	append(delivered, 4, KEY, 0, false);
	assert_true(delivered_directory_dirty(delivered));
	assert_int_not_equal(delivered_file(delivered), -1);
	assert_true(file_exists(fixture->spool.root, "delivered.3"));
	delivered_abandon(delivered);
	delivered_abandon(delivered);
	delivered_free(delivered);

	delivered = open_log(fixture, all_live);
	assert_recalled(delivered, 4, KEY, "0s ");
	delivered_free(delivered);
}

static int
limit_files(rlim_t size)
{
	const struct rlimit limit = {size, size};

	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	return 0;
}

static int
open_on_full_disk(void *context)
{
	struct fixture *fixture = context;
	struct error error;

	CHECK(limit_files(1000000) == 0);
	CHECK(delivered_open(&fixture->spool, all_live, NULL, &error) == NULL);
	CHECK(error.status == EX_IOERR);
	CHECK(!file_exists(fixture->spool.root, "delivered.1"));
	return 0;
}

static int
open_without_sync(void *context)
{
	struct fixture *fixture = context;
	struct error error;

	CHECK(refuse(SYS_fsync, 0, 0, 0, EIO) == 0);
	CHECK(delivered_open(&fixture->spool, all_live, NULL, &error) == NULL);
	CHECK(error.status == EX_IOERR);
	CHECK(!file_exists(fixture->spool.root, "delivered.1"));
	return 0;
}

/* A disk that becomes full stops the log when its present generation is full. */
static int
append_on_full_disk(void *context)
{
	struct fixture *fixture = context;
	struct delivered_line line = {.id = 2, .key = KEY};
	struct delivered *delivered;
	struct error error;
	uint32_t count = 0;

	delivered = delivered_open(&fixture->spool, all_live, NULL, &error);
	CHECK(delivered != NULL);
	CHECK(refuse(SYS_openat, 2, O_CREAT, O_CREAT, ENOSPC) == 0);
	for (; delivered_append(delivered, &line, &error) == 0; line.index++)
		count++;
	CHECK(error.status == EX_IOERR);
	CHECK(count > DELIVERED_GENERATION_SIZE / 60);
	CHECK(delivered_file(delivered) != -1);
	CHECK(delivered_append(delivered, &line, &error) == -1);
	delivered_free(delivered);
	return 0;
}

static void
full_disks(void **state)
{
	struct fixture *fixture = *state;

	assert_true(in_child(open_on_full_disk, fixture));
	assert_true(in_child(open_without_sync, fixture));
	assert_true(in_child(append_on_full_disk, fixture));
}

static void
unreadable_generations_stop_it(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	assert_int_equal(mkdirat(fixture->spool.root, "delivered.5", 0700), 0);
	assert_null(delivered_open(&fixture->spool, all_live, NULL, &error));
	assert_int_equal(error.status, EX_IOERR);
	assert_non_null(strstr(error.text, "delivered.5"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(octet_for_octet, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(recalled_once, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		live_lines_are_carried_over, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(bad_lines_are_skipped, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		any_truncation_is_read, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		other_names_are_left_alone, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		much_garbage_takes_no_memory, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(generations_change, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		more_live_lines_than_a_generation_holds, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(after_a_failed_sync, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(full_disks, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		unreadable_generations_stop_it, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
