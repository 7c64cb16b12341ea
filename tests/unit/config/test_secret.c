/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/secret.h"

static char directory[] = "/tmp/postoak-test-XXXXXX";
static char path[] = "/tmp/postoak-test-XXXXXX/secret";

static void
write_file(const void *content, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void
expect(enum secret_kind kind, char *value, const char *expected)
{
	struct secret_reference reference = {.kind = kind, .value = value};
	struct error error;
	char *secret;

	if (secret_read(&reference, &secret, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(secret, expected);
	secret_free(secret);
}

static void
refuse(enum secret_kind kind, char *value, int status, const char *part)
{
	struct secret_reference reference = {.kind = kind, .value = value};
	struct error error;
	char *secret;

	assert_int_equal(secret_read(&reference, &secret, &error), -1);
	assert_null(secret);
	assert_int_equal(error.status, status);
	if (strstr(error.text, part) == NULL)
		fail_msg("%s", error.text);
	assert_null(strstr(error.text, "hunter2"));
}

static void
a_file_loses_one_newline(void **state)
{
	(void)state;
	write_file("hunter2\n", 8);
	expect(SECRET_FILE, path, "hunter2");
	write_file("hunter2\n\n", 9);
	expect(SECRET_FILE, path, "hunter2\n");
	write_file("line 1\nline 2", 13);
	expect(SECRET_FILE, path, "line 1\nline 2");
}

static void
a_file_may_be_a_symbolic_link(void **state)
{
	char link_path[sizeof(path) + 1];

	(void)state;
	write_file("hunter2", 7);
	(void)snprintf(link_path, sizeof(link_path), "%s2", path);
	assert_int_equal(symlink(path, link_path), 0);
	expect(SECRET_FILE, link_path, "hunter2");
	unlink(link_path);
}

static void
bad_files_are_refused(void **state)
{
	static char large[SECRET_MAX + 1];

	(void)state;
	write_file("hunter2\0x", 9);
	refuse(SECRET_FILE, path, EX_CONFIG, "contains NUL");
	write_file("\n", 1);
	refuse(SECRET_FILE, path, EX_CONFIG, "is empty");
	memset(large, 'x', sizeof(large));
	write_file(large, sizeof(large));
	refuse(SECRET_FILE, path, EX_CONFIG, "larger than a secret can be");
	large[SECRET_MAX - 1] = '\0';
	memset(large, 'x', SECRET_MAX - 1);
	write_file(large, SECRET_MAX - 1);
	expect(SECRET_FILE, path, large);
	refuse(SECRET_FILE, directory, EX_CONFIG, "not a regular file");
	unlink(path);
	refuse(SECRET_FILE, path, EX_NOINPUT, "No such file");
	assert_int_equal(mkfifo(path, 0600), 0);
	refuse(SECRET_FILE, path, EX_CONFIG, "not a regular file");
	unlink(path);
}

static void
credentials(void **state)
{
	(void)state;
	write_file("hunter2\n", 8);
	unsetenv("CREDENTIALS_DIRECTORY");
	refuse(SECRET_CREDENTIAL, (char[]){"secret"}, EX_CONFIG, "LoadCredential");
	setenv("CREDENTIALS_DIRECTORY", directory, 1);
	expect(SECRET_CREDENTIAL, (char[]){"secret"}, "hunter2");
	refuse(SECRET_CREDENTIAL, (char[]){"../secret"}, EX_CONFIG, "not the name");
	refuse(SECRET_CREDENTIAL, (char[]){".."}, EX_CONFIG, "not the name");
	refuse(SECRET_CREDENTIAL, (char[]){"other"}, EX_NOINPUT, "other");
}

static void
environment(void **state)
{
	(void)state;
	setenv("POSTOAK_TEST_SECRET", "hunter2", 1);
	expect(SECRET_ENV, (char[]){"POSTOAK_TEST_SECRET"}, "hunter2");
	unsetenv("POSTOAK_TEST_SECRET");
	refuse(SECRET_ENV, (char[]){"POSTOAK_TEST_SECRET"}, EX_CONFIG, "POSTOAK_TEST_SECRET");
}

static void
other_kinds_are_the_agents(void **state)
{
	(void)state;
	refuse(SECRET_SEALED, (char[]){"contoso"}, EX_SOFTWARE, "");
	refuse(SECRET_COMMAND, NULL, EX_SOFTWARE, "");
	refuse(SECRET_NONE, NULL, EX_SOFTWARE, "");
	secret_free(NULL);
}

static int
make_directory(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	memcpy(path, directory, sizeof(directory) - 1);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_loses_one_newline),
	    cmocka_unit_test(a_file_may_be_a_symbolic_link),
	    cmocka_unit_test(bad_files_are_refused),
	    cmocka_unit_test(credentials),
	    cmocka_unit_test(environment),
	    cmocka_unit_test(other_kinds_are_the_agents),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
