/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/directory.h"

static char root[] = "/tmp/postoak-test-XXXXXX";
static char path[256];

static const char *
below(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(below(name), &st), 0);
	return st.st_mode & 07777;
}

static int
ensure(const char *name, mode_t mode, struct error *error)
{
	return directory_ensure(below(name), mode, (uid_t)-1, (gid_t)-1, error);
}

static void
modes_are_exact_whatever_the_umask(void **state)
{
	struct error error;
	mode_t old = umask(077);

	(void)state;
	assert_int_equal(ensure("a/b//c/", 03770, &error), 0);
	umask(0);
	assert_int_equal(ensure("a/d", 0700, &error), 0);
	umask(old);
	assert_int_equal(mode_of("a"), 0755);
	assert_int_equal(mode_of("a/b"), 0755);
	assert_int_equal(mode_of("a/b/c"), 03770);
	assert_int_equal(mode_of("a/d"), 0700);
}

static void
what_exists_is_left_as_it_is(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(ensure("old", 0750, &error), 0);
	assert_int_equal(ensure("old", 0700, &error), 0);
	assert_int_equal(mode_of("old"), 0750);
	assert_int_equal(symlink("old", below("link")), 0);
	assert_int_equal(ensure("link", 0700, &error), 0);
	assert_int_equal(mode_of("old"), 0750);
}

static void
a_file_in_the_way_is_an_error(void **state)
{
	struct error error;
	FILE *file = fopen(below("file"), "w");

	(void)state;
	assert_non_null(file);
	fclose(file);
	assert_int_equal(ensure("file", 0700, &error), -1);
	assert_int_equal(error.status, EX_CANTCREAT);
	assert_int_equal(ensure("file/below", 0700, &error), -1);
	assert_int_equal(error.status, EX_CANTCREAT);
	assert_int_equal(symlink("nowhere", below("dangling")), 0);
	assert_int_equal(ensure("dangling", 0700, &error), -1);
	assert_int_equal(directory_ensure("", 0700, (uid_t)-1, (gid_t)-1, &error), -1);
}

static int
make_root(void **state)
{
	(void)state;
	return mkdtemp(root) != NULL ? 0 : -1;
}

static int
remove_root(void **state)
{
	static const char *const names[] = {
	    "a/b/c", "a/b", "a/d", "a", "link", "old", "file", "dangling"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(below(names[i])) < 0)
			return -1;
	return rmdir(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modes_are_exact_whatever_the_umask),
	    cmocka_unit_test(what_exists_is_left_as_it_is),
	    cmocka_unit_test(a_file_in_the_way_is_an_error),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
