/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "oauth/status.h"

#define NOW 1700000000

static char office[] = "office";
static char contoso[] = "contoso";
static char scope_a[] = "a";
static char scope_b[] = "b";
static char *scopes[] = {scope_a, scope_b};
static struct config_client client = {.name = contoso};
static struct config_profile profile = {.name = office,
    .client = &client,
    .grant = GRANT_CLIENT_CREDENTIALS,
    .scopes = {.items = scopes, .count = 2}};
static struct config_profile without_client = {.name = contoso, .grant = GRANT_COMMAND};

static const json_t *
member(const json_t *array, size_t index, const char *name)
{
	return json_object_get(json_array_get(array, index), name);
}

static void
json_has_what_was_promised(void **state)
{
	const struct account_view views[] = {
	    {.profile = &profile,
		.state = "valid",
		.expires_at = NOW + 60,
		.scope = " x  y",
		.refresh_token = true,
		.last_error = "bad \"thing\"",
		.advice = "do\nthis"},
	    {.profile = &profile, .state = "none"},
	    {.profile = &without_client, .state = "none"},
	};
	char *text = status_json(views, 3);
	json_t *array;

	(void)state;
	assert_non_null(text);
	array = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(array), 3);
	assert_string_equal(json_string_value(member(array, 0, "profile")), "office");
	assert_string_equal(json_string_value(member(array, 0, "client")), "contoso");
	assert_string_equal(json_string_value(member(array, 0, "grant")), "client_credentials");
	assert_string_equal(json_string_value(member(array, 0, "state")), "valid");
	assert_int_equal(json_integer_value(member(array, 0, "expires_at")), NOW + 60);
	assert_int_equal(json_array_size(member(array, 0, "scopes")), 2);
	assert_true(json_is_true(member(array, 0, "refresh_token")));
	assert_string_equal(json_string_value(member(array, 0, "last_error")), "bad \"thing\"");
	assert_string_equal(json_string_value(member(array, 0, "advice")), "do\nthis");
	assert_true(json_is_null(member(array, 1, "expires_at")));
	assert_true(json_is_null(member(array, 1, "last_error")));
	assert_true(json_is_false(member(array, 1, "refresh_token")));
	assert_string_equal(json_string_value(json_array_get(member(array, 1, "scopes"), 1)), "b");
	assert_true(json_is_null(member(array, 2, "client")));
	json_decref(array);
	free(text);
	text = status_json(NULL, 0);
	assert_string_equal(text, "[]");
	free(text);
}

static void
text_is_a_table_with_advice(void **state)
{
	const struct account_view view = {.profile = &profile,
	    .state = "needs_person",
	    .expires_at = NOW + 90 * 60,
	    .last_error = "refused",
	    .advice = "first\nsecond"};
	char *text = status_text(&view, 1, NOW);

	(void)state;
	assert_string_equal(text,
	    "PROFILE  GRANT               STATE         EXPIRES IN    REFRESH TOKEN\n"
	    "office   client_credentials  needs_person  90 min        no\n"
	    "    refused\n"
	    "    first\n"
	    "    second\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_has_what_was_promised),
	    cmocka_unit_test(text_is_a_table_with_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
