/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "oauth/grant.h"

static char name[] = "office";
static char scope_a[] = "https://a/.default";
static char scope_b[] = "offline_access";
static char *scopes[] = {scope_a, scope_b};
static char resource[] = "resource";
static char resource_value[] = "https://x";
static char grant_type[] = "grant_type";

static struct config_profile
profile_with(enum grant grant)
{
	return (struct config_profile){
	    .name = name, .grant = grant, .scopes = {.items = scopes, .count = 2}};
}

static void
client_credentials(void **state)
{
	struct config_parameter parameter = {resource, resource_value};
	struct config_profile profile = profile_with(GRANT_CLIENT_CREDENTIALS);
	struct grant_input input = {.profile = &profile, .refresh_token = "unused"};
	struct form form = {0};
	struct error error;

	(void)state;
	profile.token_parameters = (struct config_parameters){.items = &parameter, .count = 1};
	assert_int_equal(grant_request(&input, &form, &error), 0);
	assert_string_equal(form.text,
	    "grant_type=client_credentials&scope=https%3A%2F%2Fa%2F.default+offline_access"
	    "&resource=https%3A%2F%2Fx");
	form_wipe(&form);
}

static void
refresh_token_serves_the_grants_a_person_began(void **state)
{
	static const enum grant grants[] = {
	    GRANT_REFRESH_TOKEN, GRANT_AUTHORIZATION_CODE, GRANT_DEVICE_CODE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct config_profile profile = profile_with(grants[i]);
		struct grant_input input = {.profile = &profile, .refresh_token = "r/1"};
		struct form form = {0};
		struct error error;

		profile.scopes.count = 0;
		assert_int_equal(grant_request(&input, &form, &error), 0);
		assert_string_equal(form.text, "grant_type=refresh_token&refresh_token=r%2F1");
		form_wipe(&form);
		assert_true(grant_uses_refresh_token(grants[i]));
		input.refresh_token = NULL;
		assert_int_equal(grant_request(&input, &form, &error), -1);
		assert_int_equal(
		    error.status, grants[i] == GRANT_REFRESH_TOKEN ? EX_CONFIG : EX_NOPERM);
		if (grants[i] != GRANT_REFRESH_TOKEN)
			assert_non_null(strstr(error.text, "postoak oauth grant office"));
		form_wipe(&form);
	}
}

static void
our_own_parameters_cannot_be_replaced(void **state)
{
	struct config_parameter parameter = {grant_type, resource_value};
	struct config_profile profile = profile_with(GRANT_CLIENT_CREDENTIALS);
	struct grant_input input = {.profile = &profile};
	struct form form = {0};
	struct error error;

	(void)state;
	profile.token_parameters = (struct config_parameters){.items = &parameter, .count = 1};
	assert_int_equal(grant_request(&input, &form, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	form_wipe(&form);
}

static void
grants_of_later_versions_are_named(void **state)
{
	struct config_profile profile = profile_with(GRANT_JWT_BEARER);
	struct grant_input input = {.profile = &profile};
	struct form form = {0};
	struct error error;

	(void)state;
	assert_int_equal(grant_request(&input, &form, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "jwt_bearer is not supported by this version"));
	assert_false(grant_uses_refresh_token(GRANT_JWT_BEARER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(client_credentials),
	    cmocka_unit_test(refresh_token_serves_the_grants_a_person_began),
	    cmocka_unit_test(our_own_parameters_cannot_be_replaced),
	    cmocka_unit_test(grants_of_later_versions_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
