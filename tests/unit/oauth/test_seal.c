/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "config/secret.h"
#include "oauth/seal.h"

static struct seal_keys keys;

static int
derive(void **state)
{
	unsigned char master[32];

	(void)state;
	for (size_t i = 0; i < sizeof(master); i++)
		master[i] = (unsigned char)i;
	return seal_keys_derive(&keys, master, sizeof(master), NULL);
}

/* Computed by another implementation, from the key above and the nonce 100 ... 111. */
static const char known[] = "$e1$914f6832ae8ef14c$ZGVmZ2hpamtsbW5v$"
			    "17S0b76oNgdc0APHMCmJ7lh1XNJbFwLMz7wOZ9aiCLnU";
static const struct seal_place known_place = {SEAL_TOKENS, "office", "refresh_token", 7};

static void
known_answer(void **state)
{
	char digest[SEAL_DIGEST_SIZE];
	struct error error;
	char *secret;

	(void)state;
	assert_int_equal(seal_open(&keys, &known_place, known, &secret, &error), 0);
	assert_string_equal(secret, "the refresh token");
	secret_free(secret);
	assert_int_equal(seal_digest("secret", digest, &error), 0);
	assert_string_equal(digest, "2bb80d537b1da3e38bd30361aa855686");
}

static void
round_trip_with_a_nonce_of_its_own(void **state)
{
	static char longest[SECRET_MAX + 1];
	const char *secrets[] = {"", "x", "\xff\x01 octets", longest};
	struct error error;

	(void)state;
	memset(longest, 'l', SECRET_MAX);
	for (size_t i = 0; i < 4; i++) {
		char *first = seal_close(&keys, &known_place, secrets[i], &error);
		char *second = seal_close(&keys, &known_place, secrets[i], &error);
		char *opened;

		assert_non_null(first);
		assert_string_not_equal(first, second);
		assert_null(strchr(first, '\n'));
		assert_int_equal(seal_open(&keys, &known_place, first, &opened, &error), 0);
		assert_string_equal(opened, secrets[i]);
		secret_free(opened);
		free(first);
		free(second);
	}
}

static void
a_line_opens_in_its_place_only(void **state)
{
	static const struct seal_place others[] = {
	    {SEAL_SECRETS, "office", "refresh_token", 7},
	    {SEAL_TOKENS, "other", "refresh_token", 7},
	    {SEAL_TOKENS, "office", "access_token", 7},
	    {SEAL_TOKENS, "office", "refresh_token", 8},
	};
	struct error error;
	char *secret = NULL;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seal_open(&keys, &others[i], known, &secret, &error), -1);
		assert_int_equal(error.status, EX_DATAERR);
		assert_null(strstr(error.text, "refresh token"));
	}
	assert_null(secret);
}

static void
every_altered_octet_is_noticed(void **state)
{
	char line[sizeof(known)];
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(known) - 1; i++) {
		char *secret;

		memcpy(line, known, sizeof(known));
		line[i] = line[i] == 'A' ? 'B' : 'A';
		if (seal_open(&keys, &known_place, line, &secret, &error) == 0)
			fail_msg("octet %zu does not matter", i);
	}
	for (size_t length = 0; length < sizeof(known) - 1; length++) {
		char *secret;

		memcpy(line, known, length);
		line[length] = '\0';
		assert_int_equal(seal_open(&keys, &known_place, line, &secret, &error), -1);
	}
}

static void
another_master_key_is_told_from_damage(void **state)
{
	unsigned char master[32] = {1};
	struct seal_keys other;
	struct error error;
	char *secret;

	(void)state;
	assert_int_equal(seal_keys_derive(&other, master, sizeof(master), &error), 0);
	assert_int_equal(seal_open(&other, &known_place, known, &secret, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "another master key"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_answer),
	    cmocka_unit_test(round_trip_with_a_nonce_of_its_own),
	    cmocka_unit_test(a_line_opens_in_its_place_only),
	    cmocka_unit_test(every_altered_octet_is_noticed),
	    cmocka_unit_test(another_master_key_is_told_from_damage),
	};

	return cmocka_run_group_tests(tests, derive, NULL);
}
