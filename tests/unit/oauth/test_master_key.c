/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "oauth/master_key.h"
#include "tests/unit/oauth/directory.h"

static int directory;
static struct master_keys keys;
static struct master_key key;
static struct error error;

static int
begin(void **state)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	if (make_directory(state) < 0 || mkdir(path, 0700) < 0)
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY);
	return directory < 0 ? -1 : 0;
}

static int
end(void **state)
{
	close(directory);
	return remove_directory(state);
}

static void
put(int at, const char *name, const char *content, mode_t mode)
{
	int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* The first of the keys. */
static int
load(bool may_create, struct master_key *first)
{
	int result = master_keys_load(directory, may_create, &keys, &error);

	*first = keys.keys[0];
	return result;
}

static void
refused_as_configuration(const char *part)
{
	assert_int_equal(load(true, &key), -1);
	assert_int_equal(error.status, EX_CONFIG);
	if (strstr(error.text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, error.text);
}

static const char text[] = "0123456789abcdef0123456789abcdef";

static void
made_once_and_found_again(void **state)
{
	struct master_key again;
	struct stat st;

	(void)state;
	assert_int_equal(load(true, &key), 0);
	assert_int_equal(key.length, 32);
	assert_int_equal(fstatat(directory, "machine.key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(load(false, &again), 0);
	assert_memory_equal(key.octets, again.octets, 32);
}

static void
not_made_where_something_is_sealed(void **state)
{
	(void)state;
	assert_int_equal(load(false, &key), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_int_equal(faccessat(directory, "machine.key", F_OK, 0), -1);
}

static void
files_of_doubtful_origin_are_refused(void **state)
{
	(void)state;
	put(directory, "machine.key", text, 0640);
	refused_as_configuration("open to others");
	put(directory, "machine.key", "too short", 0400);
	refused_as_configuration("32 to 1024");
	assert_int_equal(unlinkat(directory, "machine.key", 0), 0);
	put(directory, "elsewhere", text, 0400);
	assert_int_equal(symlinkat("elsewhere", directory, "machine.key"), 0);
	refused_as_configuration("cannot open");
	assert_int_equal(unlinkat(directory, "machine.key", 0), 0);
	assert_int_equal(mkfifoat(directory, "machine.key", 0400), 0);
	refused_as_configuration("not a regular file");
}

static void
the_service_managers_key_comes_first(void **state)
{
	(void)state;
	put(directory, "machine.key", "ffffffffffffffffffffffffffffffff", 0400);
	assert_int_equal(mkdirat(directory, "credentials", 0700), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", strcat(path, "/credentials"), 1), 0);
	assert_int_equal(load(false, &key), 0);
	assert_memory_equal(key.octets, "ffff", 4);
	put(directory, "credentials/postoak-key", text, 0440);
	assert_int_equal(load(false, &key), 0);
	assert_memory_equal(key.octets, text, 32);
	put(directory, "credentials/postoak-key", text, 0444);
	refused_as_configuration("open to others");
}

static void
the_old_key_stays_until_it_is_forgotten(void **state)
{
	struct master_key first;
	struct stat st;

	(void)state;
	assert_int_equal(load(true, &first), 0);
	assert_int_equal(master_key_renew(directory, &error), 0);
	assert_int_equal(load(false, &key), 0);
	assert_int_equal(keys.count, 2);
	assert_memory_not_equal(key.octets, first.octets, 32);
	assert_memory_equal(keys.keys[1].octets, first.octets, 32);
	assert_int_equal(fstatat(directory, "machine.key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	/* An old key that is still needed is not overwritten. */
	assert_int_equal(master_key_renew(directory, &error), -1);
	assert_int_equal(error.status, EX_CANTCREAT);
	assert_int_equal(load(false, &key), 0);
	assert_int_equal(keys.count, 2);
	assert_int_equal(master_key_forget(directory, false, &error), 0);
	assert_int_equal(load(false, &key), 0);
	assert_int_equal(keys.count, 1);
	assert_memory_not_equal(key.octets, first.octets, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(made_once_and_found_again, begin, end),
	    cmocka_unit_test_setup_teardown(not_made_where_something_is_sealed, begin, end),
	    cmocka_unit_test_setup_teardown(files_of_doubtful_origin_are_refused, begin, end),
	    cmocka_unit_test_setup_teardown(the_old_key_stays_until_it_is_forgotten, begin, end),
	    cmocka_unit_test_setup_teardown(the_service_managers_key_comes_first, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
