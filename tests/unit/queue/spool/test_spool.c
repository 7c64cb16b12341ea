/* SPDX-License-Identifier: ISC */
#include "queue/spool/spool.h"

#include <sysexits.h>

#include "tests/unit/queue/spool/fixture.h"

static mode_t
mode_of(int directory, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void
created_with_the_right_modes(void **state)
{
	static const char *const private_names[] = {
	    "queue", "hold", "history", "undeliverable", "corrupt"};
	struct fixture *fixture = *state;
	struct error error;
	mode_t old = umask(077);
	char *version;

	if (spool_create(&fixture->config, &error) == -1)
		fail_msg("%s", error.text);
	umask(old);
	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), 0);
	assert_int_equal(mode_of(fixture->spool.root, "."), 0755);
	assert_int_equal(mode_of(fixture->spool.root, "incoming"), 03770);
	for (size_t i = 0; i < sizeof(private_names) / sizeof(private_names[0]); i++)
		assert_int_equal(mode_of(fixture->spool.root, private_names[i]), 0700);
	assert_int_equal(mode_of(fixture->spool.root, "lock"), 0600);
	assert_int_equal(mode_of(fixture->spool.root, "version"), 0644);
	version = get_file(fixture->spool.root, "version", NULL);
	assert_string_equal(version, "1\n");
	free(version);
	assert_int_equal(count_names(fixture->spool.root), 8);
	/* Once more changes nothing. */
	assert_int_equal(spool_create(&fixture->config, &error), 0);
	assert_int_equal(count_names(fixture->spool.root), 8);
}

static void
what_is_missing_is_made(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	assert_int_equal(unlinkat(fixture->spool.root, "hold", AT_REMOVEDIR), 0);
	spool_close(&fixture->spool);
	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
	assert_int_equal(spool_create(&fixture->config, &error), 0);
	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), 0);
}

static void
higher_version_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	put_file(fixture->spool.root, "version", "2\n", 2);
	assert_int_equal(unlinkat(fixture->spool.root, "hold", AT_REMOVEDIR), 0);
	assert_int_equal(spool_create(&fixture->config, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_false(file_exists(fixture->spool.root, "hold"));
	spool_close(&fixture->spool);
	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_int_equal(fixture->spool.root, -1);
	assert_int_equal(spool_open_incoming(&fixture->config, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
}

/* Whoever makes a spool gives it its version last. */
static void
mail_goes_into_a_spool_that_is_being_made(void **state)
{
	struct fixture *fixture = *state;
	struct error error;
	int incoming;

	assert_int_equal(unlinkat(fixture->spool.root, "version", 0), 0);
	incoming = spool_open_incoming(&fixture->config, &error);
	assert_true(incoming >= 0);
	close(incoming);
}

static void
other_versions_are_not_understood(void **state)
{
	static const char *const texts[] = {"", "0\n", "one\n", "01\n", "1x\n"};
	struct fixture *fixture = *state;
	struct error error;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_file(fixture->spool.root, "version", texts[i], strlen(texts[i]));
		assert_int_equal(spool_create(&fixture->config, &error), -1);
		assert_int_equal(error.status, EX_CONFIG);
	}
}

static void
nothing_there(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
	errno = 0;
	assert_int_equal(spool_open_incoming(&fixture->config, &error), -1);
	assert_int_equal(errno, ENOENT);
}

static void
unknown_names_are_refused_of_root(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	if (geteuid() != 0)
		skip();
	strcpy(fixture->config.user, "");
	assert_int_equal(spool_create(&fixture->config, &error), -1);
	assert_int_equal(error.status, EX_NOUSER);
	assert_int_not_equal(access(fixture->path, F_OK), 0);
	/* root's own spool can do without the group. */
	free(fixture->config.user);
	fixture->config.user = strdup("root");
	strcpy(fixture->config.submit_group, "");
	assert_int_equal(spool_create(&fixture->config, &error), 0);
}

static void
root_gives_it_away(void **state)
{
	struct fixture *fixture = *state;
	const struct passwd *user = getpwnam("nobody");
	const struct group *group = getgrnam("mail");
	struct error error;
	struct stat st;

	if (geteuid() != 0 || user == NULL || group == NULL)
		skip();
	free(fixture->config.user);
	free(fixture->config.submit_group);
	fixture->config.user = strdup("nobody");
	fixture->config.submit_group = strdup("mail");
	assert_int_equal(spool_create(&fixture->config, &error), 0);
	assert_int_equal(spool_open(&fixture->config, &fixture->spool, &error), 0);
	assert_int_equal(fstat(fixture->spool.incoming, &st), 0);
	assert_int_equal(st.st_uid, user->pw_uid);
	assert_int_equal(st.st_gid, group->gr_gid);
	assert_int_equal(st.st_mode & 07777, 03770);
	assert_int_equal(fstatat(fixture->spool.root, "lock", &st, 0), 0);
	assert_int_equal(st.st_uid, user->pw_uid);
	assert_int_equal(fstatat(fixture->spool.root, "version", &st, 0), 0);
	assert_int_equal(st.st_uid, user->pw_uid);
	assert_int_equal(fstat(fixture->spool.queue, &st), 0);
	assert_int_equal(st.st_uid, user->pw_uid);
}

static void
one_runner_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct spool other;
	struct error error;

	assert_int_equal(spool_lock(&fixture->spool, &error), 0);
	assert_int_equal(spool_open(&fixture->config, &other, &error), 0);
	assert_int_equal(spool_lock(&other, &error), -1);
	assert_int_equal(error.status, EX_TEMPFAIL);
	close(fixture->spool.lock);
	fixture->spool.lock = -1;
	assert_int_equal(spool_lock(&other, &error), 0);
	spool_close(&other);
}

struct seen {
	int ids;
	uint64_t last;
	int others;
};

static void
see_id(uint64_t id, void *context)
{
	struct seen *seen = context;

	seen->ids++;
	seen->last = id;
}

static void
see_other(const char *name, void *context)
{
	struct seen *seen = context;

	assert_string_not_equal(name, ".");
	assert_string_not_equal(name, "..");
	seen->others++;
}

static void
scan_tells_ids_from_other_names(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = {0};

	put_file(fixture->spool.queue, "0000000000AB", "", 0);
	put_file(fixture->spool.queue, "0000000000ab", "", 0);
	put_file(fixture->spool.queue, ".0000000000AB", "", 0);
	for (int i = 0; i < 2; i++) { /* the descriptor's position does not matter */
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(spool_scan(fixture->spool.queue, see_id, see_other, &seen), 0);
		assert_int_equal(seen.ids, 1);
		assert_int_equal(seen.last, 0xab);
		assert_int_equal(seen.others, 2);
	}
	assert_int_equal(spool_scan(fixture->spool.queue, see_id, NULL, &seen), 0);
	assert_int_equal(spool_scan(-1, see_id, NULL, &seen), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		created_with_the_right_modes, fixture_setup_without_spool, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_missing_is_made, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		higher_version_is_left_alone, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		mail_goes_into_a_spool_that_is_being_made, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		other_versions_are_not_understood, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		nothing_there, fixture_setup_without_spool, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		unknown_names_are_refused_of_root, fixture_setup_without_spool, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		root_gives_it_away, fixture_setup_without_spool, fixture_teardown),
	    cmocka_unit_test_setup_teardown(one_runner_at_a_time, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		scan_tells_ids_from_other_names, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
