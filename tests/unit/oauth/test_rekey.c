/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "config/secret.h"
#include "oauth/rekey.h"
#include "oauth/stored_secret.h"
#include "oauth/stored_token.h"
#include "tests/unit/oauth/directory.h"

#define DIGEST "0123456789abcdef0123456789abcdef"

static struct store *store;
static struct error error;
static size_t count;

static const char *
below(const char *name)
{
	static char full[256];

	snprintf(full, sizeof(full), "%s/%s", path, name);
	return full;
}

static bool
exists(const char *name)
{
	return access(below(name), F_OK) == 0;
}

static void
put(const char *name, const char *content)
{
	int fd = open(below(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

static char *
content_of(const char *name)
{
	char *text = calloc(1, 65536);
	int fd = open(below(name), O_RDONLY);

	assert_true(fd >= 0);
	assert_true(read(fd, text, 65535) > 0);
	close(fd);
	return text;
}

/* As another process finds it. */
static void
reopen(void)
{
	store_close(store);
	store = NULL;
	if (store_open(path, &store, &error) < 0)
		fail_msg("%s", error.text);
}

static void
all_is_there(void)
{
	struct stored_token token;
	char *secret;

	if (stored_secret_get(store, "smtp", &secret, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(secret, "open sesame");
	secret_free(secret);
	if (stored_token_load(store, "office", &token, &error) <= 0)
		fail_msg("%s", error.text);
	assert_string_equal(token.access_token, "access");
	assert_string_equal(token.refresh_token, "refresh");
	assert_string_equal(token.origin, DIGEST);
	assert_int_equal(token.generation, 7);
	stored_token_wipe(&token);
}

static int
begin(void **state)
{
	char access_token[] = "access";
	char refresh_token[] = "refresh";
	struct stored_token token = {.generation = 7,
	    .binding = "x",
	    .access_token = access_token,
	    .refresh_token = refresh_token,
	    .origin = DIGEST};

	unsetenv("CREDENTIALS_DIRECTORY");
	if (make_directory(state) < 0 || store_open(path, &store, &error) < 0)
		return -1;
	if (stored_secret_set(store, "smtp", "open sesame", &error) < 0)
		return -1;
	return stored_token_save(store, "office", &token, &error);
}

static int
end(void **state)
{
	store_close(store);
	store = NULL;
	unsetenv("CREDENTIALS_DIRECTORY");
	return remove_directory(state);
}

static void
everything_is_sealed_with_another_key(void **state)
{
	char *key = content_of("machine.key");
	char *now;

	(void)state;
	assert_int_equal(rekey(store, &count, &error), 0);
	assert_int_equal(count, 2);
	all_is_there();
	reopen();
	all_is_there();
	assert_false(exists("machine.key.old"));
	now = content_of("machine.key");
	assert_memory_not_equal(key, now, 32);
	free(now);
	/* The key before opens nothing any more. */
	assert_int_equal(unlink(below("machine.key")), 0);
	put("machine.key", "0123456789abcdef0123456789abcdef");
	free(key);
	reopen();
	assert_int_equal(rekey_check(store, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
}

/* The states in which a run can end that does not come to its end. */
static void
what_breaks_off_is_readable_and_finished_by_the_next(void **state)
{
	char old[256];

	(void)state;
	/* The old key was kept, the new one is not there yet. */
	strlcpy(old, below("machine.key.old"), sizeof(old));
	assert_int_equal(link(below("machine.key"), old), 0);
	reopen();
	all_is_there();
	assert_int_equal(rekey(store, &count, &error), 0);
	/* The new key is there, nothing is sealed with it. */
	assert_int_equal(store_renew_key(store, &error), 0);
	reopen();
	all_is_there();
	/* One file is. */
	assert_int_equal(stored_secret_set(store, "smtp", "open sesame", &error), 0);
	reopen();
	all_is_there();
	assert_true(exists("machine.key.old"));
	assert_int_equal(rekey(store, &count, &error), 0);
	assert_false(exists("machine.key.old"));
	reopen();
	all_is_there();
}

static void
refused_and_nothing_touched(int status, const char *part)
{
	char *key = content_of("machine.key");
	char *secret = content_of("secrets/smtp");
	char *now;

	assert_int_equal(rekey(store, &count, &error), -1);
	assert_int_equal(error.status, status);
	if (strstr(error.text, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, error.text);
	now = content_of("machine.key");
	assert_memory_equal(key, now, 32);
	free(now);
	now = content_of("secrets/smtp");
	assert_string_equal(secret, now);
	free(now);
	free(secret);
	free(key);
	assert_false(exists("machine.key.old"));
}

static void
what_does_not_open_stops_it(void **state)
{
	char *token = content_of("tokens/office");

	(void)state;
	put("tokens/office", "{");
	refused_and_nothing_touched(EX_DATAERR, "tokens/office is damaged");
	put("tokens/office", "{\"generation\": 7, \"access_token\": \"$e1$nonsense\"}");
	refused_and_nothing_touched(EX_DATAERR, "tokens/office");
	put("tokens/office",
	    "{\"generation\": 7, \"access_token\": "
	    "\"$e1$914f6832ae8ef14c$ZGVmZ2hpamtsbW5v$17S0b76oNgdc0APHMCmJ7lh1XNJbFwLMz7wO\"}");
	refused_and_nothing_touched(EX_CONFIG, "another master key");
	put("tokens/office", token);
	assert_int_equal(chmod(below("tokens/office"), 0644), 0);
	refused_and_nothing_touched(EX_CONFIG, "open to others");
	free(token);
}

static void
give_credential(const char *name, const char *content)
{
	char directory[128];
	char file[256];
	FILE *out;

	snprintf(directory, sizeof(directory), "%s/credentials", top);
	(void)mkdir(directory, 0700);
	snprintf(file, sizeof(file), "%s/%s", directory, name);
	(void)unlink(file);
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(content, out);
	fclose(out);
	assert_int_equal(chmod(file, 0400), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
}

static void
a_credential_takes_over(void **state)
{
	(void)state;
	give_credential("postoak-key", "the first key that the service brings");
	/* What the file's key sealed is read all the same. */
	reopen();
	all_is_there();
	assert_int_equal(rekey(store, &count, &error), 0);
	assert_false(exists("machine.key"));
	reopen();
	all_is_there();
	/* Changing it is the service manager's business. */
	assert_int_equal(rekey(store, &count, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "postoak-key-old"));
	give_credential("postoak-key-old", "the first key that the service brings");
	give_credential("postoak-key", "the second key that the service brings");
	reopen();
	all_is_there();
	assert_int_equal(rekey(store, &count, &error), 0);
	give_credential("postoak-key-old", "something else, nobody needs it any more");
	reopen();
	all_is_there();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(everything_is_sealed_with_another_key, begin, end),
	    cmocka_unit_test_setup_teardown(
		what_breaks_off_is_readable_and_finished_by_the_next, begin, end),
	    cmocka_unit_test_setup_teardown(what_does_not_open_stops_it, begin, end),
	    cmocka_unit_test_setup_teardown(a_credential_takes_over, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
