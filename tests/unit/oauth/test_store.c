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

#include "config/secret.h"
#include "oauth/store.h"
#include "oauth/stored_secret.h"
#include "tests/unit/oauth/directory.h"

static struct store *store;
static struct error error;

static int
begin(void **state)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	if (make_directory(state) < 0)
		return -1;
	return store_open(path, &store, &error);
}

static int
end(void **state)
{
	store_close(store);
	store = NULL;
	return remove_directory(state);
}

static const char *
below(const char *name)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s/%s", path, name);
	return full;
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(below(name), &st), 0);
	return st.st_mode & 07777;
}

static void
put(const char *name, const char *content)
{
	FILE *file = fopen(below(name), "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
reopen(void)
{
	store_close(store);
	store = NULL;
	assert_int_equal(store_open(path, &store, &error), 0);
}

static void
everything_is_private(void **state)
{
	(void)state;
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", "x", &error), 0);
	assert_int_equal(mode_of(""), 0700);
	assert_int_equal(mode_of("secrets"), 0700);
	assert_int_equal(mode_of("tokens"), 0700);
	assert_int_equal(mode_of("tokens/office"), 0600);
	assert_int_equal(mode_of("machine.key"), 0400);
}

static void
one_process_at_a_time(void **state)
{
	struct store *second = NULL;

	(void)state;
	assert_int_equal(store_open(path, &second, &error), -1);
	assert_int_equal(error.status, EX_TEMPFAIL);
	assert_null(second);
}

static void
a_file_changes_as_a_whole(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(store_read(store, SEAL_TOKENS, "office", &text, &error), 0);
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", "first", &error), 0);
	/* What a crash in the middle of writing leaves does not matter. */
	put("tokens/.office.new", "half");
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", "second", &error), 0);
	assert_int_equal(store_read(store, SEAL_TOKENS, "office", &text, &error), 1);
	assert_string_equal(text, "second");
	free(text);
	/* Where the new one cannot be written, the old one stays. */
	assert_int_equal(mkdir(below("tokens/.office.new"), 0700), 0);
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", "third", &error), -1);
	assert_int_equal(error.status, EX_IOERR);
	assert_int_equal(store_read(store, SEAL_TOKENS, "office", &text, &error), 1);
	assert_string_equal(text, "second");
	free(text);
	assert_int_equal(store_remove(store, SEAL_TOKENS, "office", &error), 1);
	assert_int_equal(store_remove(store, SEAL_TOKENS, "office", &error), 0);
}

static void
names_cannot_leave_the_directory(void **state)
{
	static const char *const names[] = {"", ".", "..", "../machine.key", "a/b", ".hidden",
	    "a b", "-a", "\xc3\xa4",
	    "0123456789012345678901234567890123456789012345678901234567890123x"};
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(store_read(store, SEAL_SECRETS, names[i], &text, &error), -1);
		assert_int_equal(error.status, EX_DATAERR);
		assert_int_equal(store_replace(store, SEAL_SECRETS, names[i], "x", &error), -1);
		assert_int_equal(store_remove(store, SEAL_SECRETS, names[i], &error), -1);
	}
}

static void
files_that_are_not_ours_are_refused(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(symlink("../machine.key", below("tokens/office")), 0);
	assert_int_equal(store_read(store, SEAL_TOKENS, "office", &text, &error), -1);
	put("tokens/large", "x");
	assert_int_equal(chmod(below("tokens/large"), 0640), 0);
	assert_int_equal(store_read(store, SEAL_TOKENS, "large", &text, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_int_equal(chmod(below("tokens/large"), 0600), 0);
	assert_int_equal(truncate(below("tokens/large"), STORE_FILE_MAX + 1), 0);
	assert_int_equal(store_read(store, SEAL_TOKENS, "large", &text, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
}

static void
a_directory_open_to_others_is_refused(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_equal(store_open(path, &store, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(chmod(below("secrets"), 0705), 0);
	assert_int_equal(store_open(path, &store, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
}

static void
a_lost_key_is_not_replaced_while_it_is_needed(void **state)
{
	(void)state;
	assert_int_equal(store_replace(store, SEAL_SECRETS, "smtp", "x", &error), 0);
	assert_int_equal(unlink(below("machine.key")), 0);
	store_close(store);
	store = NULL;
	assert_int_equal(store_open(path, &store, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "missing"));
	assert_int_equal(unlink(below("secrets/smtp")), 0);
	assert_int_equal(store_open(path, &store, &error), 0);
}

static void
secrets_are_kept_and_replaced(void **state)
{
	char *secret;
	char *text;

	(void)state;
	assert_int_equal(stored_secret_get(store, "smtp", &secret, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "postoak secret set smtp"));
	assert_int_equal(stored_secret_set(store, "smtp", "open sesame", &error), 0);
	assert_int_equal(store_read(store, SEAL_SECRETS, "smtp", &text, &error), 1);
	assert_null(strstr(text, "sesame"));
	assert_int_equal(stored_secret_set(store, "smtp", "changed", &error), 0);
	reopen();
	assert_int_equal(stored_secret_get(store, "smtp", &secret, &error), 0);
	assert_string_equal(secret, "changed");
	secret_free(secret);
	/* A secret under another name is somebody else's. */
	assert_int_equal(store_replace(store, SEAL_SECRETS, "other", text, &error), 0);
	assert_int_equal(stored_secret_get(store, "other", &secret, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	free(text);
	/* Damage is told and mended by setting it again. */
	assert_int_equal(store_replace(store, SEAL_SECRETS, "smtp", "{", &error), 0);
	assert_int_equal(stored_secret_get(store, "smtp", &secret, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	assert_int_equal(stored_secret_set(store, "smtp", "new", &error), 0);
	assert_int_equal(stored_secret_get(store, "smtp", &secret, &error), 0);
	secret_free(secret);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(everything_is_private, begin, end),
	    cmocka_unit_test_setup_teardown(one_process_at_a_time, begin, end),
	    cmocka_unit_test_setup_teardown(a_file_changes_as_a_whole, begin, end),
	    cmocka_unit_test_setup_teardown(names_cannot_leave_the_directory, begin, end),
	    cmocka_unit_test_setup_teardown(files_that_are_not_ours_are_refused, begin, end),
	    cmocka_unit_test_setup_teardown(a_directory_open_to_others_is_refused, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_lost_key_is_not_replaced_while_it_is_needed, begin, end),
	    cmocka_unit_test_setup_teardown(secrets_are_kept_and_replaced, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
