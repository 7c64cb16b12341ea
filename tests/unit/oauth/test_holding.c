/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <cmocka.h>

#include "oauth/holding.h"
#include "tests/unit/oauth/directory.h"

#define NOW 1700000000

static char profile_name[] = "office";
static char client_id[] = "id";
static char endpoint[] = "https://login.example.com/token";
static char other_endpoint[] = "https://login.example.net/token";
static char scope[] = "https://mail.example.com/";
static char *scopes[] = {scope};

static struct config_client client;
static struct config_profile profile;
static struct store *store;
static struct holding holding;
static struct error error;

static int
begin(void **state)
{
	unsetenv("CREDENTIALS_DIRECTORY");
	client = (struct config_client){.client_id = client_id, .token_endpoint = endpoint};
	profile = (struct config_profile){.name = profile_name,
	    .client = &client,
	    .grant = GRANT_REFRESH_TOKEN,
	    .scopes = {.items = scopes, .count = 1}};
	if (make_directory(state) < 0)
		return -1;
	return store_open(path, &store, &error);
}

static int
end(void **state)
{
	holding_drop(&holding);
	holding = (struct holding){0};
	store_close(store);
	return remove_directory(state);
}

static int
take_at(const char *access_token, const char *refresh_token, int64_t now)
{
	struct token_response response = {.access_token = strdup(access_token),
	    .refresh_token = refresh_token == NULL ? NULL : strdup(refresh_token),
	    .scope = strdup(scope)};
	int result = holding_take(&holding, store, &profile, &response, now, 3600, &error);

	token_response_wipe(&response);
	return result;
}

static int
take(const char *access_token, const char *refresh_token)
{
	return take_at(access_token, refresh_token, NOW);
}

static int
restore(void)
{
	holding_drop(&holding);
	return holding_restore(&holding, store, &profile, &error);
}

static void
what_was_taken_is_found_again(void **state)
{
	struct token_life life;

	(void)state;
	assert_int_equal(restore(), 0);
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_string_equal(holding.sent, "first");
	assert_int_equal(take("at1", "second"), 0);
	assert_int_equal(restore(), 1);
	assert_int_equal(holding.stored.generation, 1);
	assert_string_equal(holding.stored.access_token, "at1");
	assert_string_equal(holding.stored.refresh_token, "second");
	assert_string_equal(holding.stored.scope, scope);
	holding_life(&holding, NOW + 600, &life);
	assert_int_equal(life.left, 3000 * 1000);
	assert_int_equal(life.whole, 3600 * 1000);
	assert_true(life.keep_alive <= (7 * 86400ULL - 600) * 1000);
	assert_true(life.keep_alive > 6 * 86400ULL * 1000);
	/* The clock was set back: who knows how old the token is. */
	holding_life(&holding, NOW - 3600, &life);
	assert_int_equal(life.left, 0);
}

static void
the_stored_one_supersedes_the_configured_until_that_changes(void **state)
{
	(void)state;
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at1", "second"), 0);
	assert_int_equal(restore(), 1);
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_string_equal(holding.sent, "second");
	assert_int_equal(take("at2", "third"), 0);
	/* The configured one may be gone by now. */
	assert_int_equal(holding_choose(&holding, NULL, &error), 0);
	assert_string_equal(holding.sent, "third");
	assert_int_equal(take("at3", NULL), 0);
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_string_equal(holding.sent, "third");
	assert_int_equal(holding_choose(&holding, "a new one", &error), 0);
	assert_string_equal(holding.sent, "a new one");
	assert_int_equal(take("at4", NULL), 0);
	assert_int_equal(restore(), 1);
	assert_string_equal(holding.stored.refresh_token, "a new one");
	assert_int_equal(holding.stored.generation, 4);
}

static int64_t
age_at_next_request(const char *configured, int64_t now)
{
	assert_int_equal(holding_choose(&holding, configured, &error), 0);
	return holding_grant_age(&holding, now);
}

static void
a_grant_has_an_age(void **state)
{
	(void)state;
	assert_int_equal(age_at_next_request("first", NOW), 0);
	assert_int_equal(take("at1", "second"), 0);
	assert_int_equal(age_at_next_request("first", NOW + 500), 500);
	/* Neither another token of the grant nor a restart makes it younger. */
	assert_int_equal(take_at("at2", "third", NOW + 500), 0);
	assert_int_equal(restore(), 1);
	assert_int_equal(age_at_next_request("first", NOW + 700), 700);
	assert_int_equal(age_at_next_request("first", NOW - 700), 0);
	/* Another one does. */
	assert_int_equal(age_at_next_request("a new one", NOW + 800), 0);
	assert_int_equal(take_at("at3", NULL, NOW + 800), 0);
	assert_int_equal(age_at_next_request("a new one", NOW + 900), 100);
}

static void
tokens_of_another_registration_are_not_used(void **state)
{
	char other_scope[] = "other";
	char *other_scopes[] = {other_scope};

	(void)state;
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at1", NULL), 0);
	client.token_endpoint = other_endpoint;
	assert_int_equal(restore(), 0);
	assert_null(holding.stored.access_token);
	assert_int_equal(holding.stored.generation, 1);
	client.token_endpoint = endpoint;
	assert_int_equal(restore(), 1);
	profile.scopes.items = other_scopes;
	assert_int_equal(restore(), 0);
	profile.scopes.items = scopes;
	profile.grant = GRANT_CLIENT_CREDENTIALS;
	assert_int_equal(restore(), 0);
	/* How a person granted it makes no difference. */
	profile.grant = GRANT_DEVICE_CODE;
	assert_int_equal(restore(), 1);
}

static void
client_credentials_keep_no_refresh_token(void **state)
{
	(void)state;
	profile.grant = GRANT_CLIENT_CREDENTIALS;
	assert_int_equal(take("at1", "unwanted"), 0);
	assert_int_equal(restore(), 1);
	assert_null(holding.stored.refresh_token);
}

static void
nothing_is_used_before_a_rotated_token_is_stored(void **state)
{
	char obstacle[128];

	(void)state;
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at1", NULL), 0);
	snprintf(obstacle, sizeof(obstacle), "%s/tokens/.office.new", path);
	assert_int_equal(mkdir(obstacle, 0700), 0);
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at2", "second"), -1);
	assert_true(holding.unsaved);
	assert_string_equal(holding.stored.access_token, "at1");
	assert_int_equal(holding_save(&holding, store, "office", &error), -1);
	assert_int_equal(rmdir(obstacle), 0);
	assert_int_equal(holding_save(&holding, store, "office", &error), 0);
	assert_false(holding.unsaved);
	assert_string_equal(holding.stored.access_token, "at2");
	assert_int_equal(restore(), 1);
	assert_string_equal(holding.stored.refresh_token, "second");
	/* Without a new refresh token nothing is at stake. */
	assert_int_equal(mkdir(obstacle, 0700), 0);
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at3", NULL), -1);
	assert_false(holding.unsaved);
	assert_string_equal(holding.stored.access_token, "at3");
	assert_string_equal(holding.stored.refresh_token, "second");
}

/* Replace `from` by `to`, of the same length, in the stored file. */
static void
tamper(const char *from, const char *to)
{
	char *text;
	char *place;

	assert_int_equal(store_read(store, SEAL_TOKENS, "office", &text, &error), 1);
	place = strstr(text, from);
	assert_non_null(place);
	memcpy(place, to, strlen(to));
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", text, &error), 0);
	free(text);
}

static void
altered_files_are_told(void **state)
{
	(void)state;
	assert_int_equal(holding_choose(&holding, "first", &error), 0);
	assert_int_equal(take("at1", NULL), 0);
	/* An older token in a file of another generation. */
	tamper("\"generation\": 1", "\"generation\": 9");
	assert_int_equal(restore(), -1);
	assert_int_equal(error.status, EX_DATAERR);
	assert_null(holding.stored.access_token);
	assert_int_equal(holding.stored.generation, 9);
	assert_true(holding.unread);
	tamper("\"generation\": 9", "\"generation\": 1");
	assert_int_equal(restore(), 1);
	assert_false(holding.unread);
	tamper("\"access_token\"", "\"refresh_toke\"");
	assert_int_equal(restore(), 1);
	assert_null(holding.stored.access_token);
	tamper("\"binding\"", "\"bending\"");
	assert_int_equal(restore(), -1);
	assert_int_equal(store_replace(store, SEAL_TOKENS, "office", "[1,2", &error), 0);
	assert_int_equal(restore(), -1);
	assert_int_equal(error.status, EX_DATAERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_was_taken_is_found_again, begin, end),
	    cmocka_unit_test_setup_teardown(
		the_stored_one_supersedes_the_configured_until_that_changes, begin, end),
	    cmocka_unit_test_setup_teardown(a_grant_has_an_age, begin, end),
	    cmocka_unit_test_setup_teardown(
		tokens_of_another_registration_are_not_used, begin, end),
	    cmocka_unit_test_setup_teardown(client_credentials_keep_no_refresh_token, begin, end),
	    cmocka_unit_test_setup_teardown(
		nothing_is_used_before_a_rotated_token_is_stored, begin, end),
	    cmocka_unit_test_setup_teardown(altered_files_are_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
