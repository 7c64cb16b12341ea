/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "oauth/grant.h"

static char scope_a[] = "https://a/.default";
static char scope_b[] = "offline_access";
static char *scopes[] = {scope_a, scope_b};
static char resource[] = "resource";
static char resource_value[] = "https://x";
static char grant_type[] = "grant_type";

static const struct config_strings two_scopes = {.items = scopes, .count = 2};
static const struct config_strings no_scopes;
static const struct config_parameters no_parameters;

static struct token_ask
ask_with(enum grant grant)
{
	return (struct token_ask){.grant = grant,
	    .profile = "office",
	    .scopes = &two_scopes,
	    .parameters = &no_parameters};
}

static void
client_credentials(void **state)
{
	struct config_parameter parameter = {resource, resource_value};
	struct config_parameters parameters = {.items = &parameter, .count = 1};
	struct token_ask ask = ask_with(GRANT_CLIENT_CREDENTIALS);
	struct form form = {0};
	struct error error;

	(void)state;
	ask.parameters = &parameters;
	assert_int_equal(grant_request(&ask, &form, &error), 0);
	assert_string_equal(form.text,
	    "grant_type=client_credentials&scope=https%3A%2F%2Fa%2F.default+offline_access"
	    "&resource=https%3A%2F%2Fx");
	form_wipe(&form);
}

static void
codes_come_before_refresh_tokens(void **state)
{
	struct token_ask ask = ask_with(GRANT_AUTHORIZATION_CODE);
	struct form form = {0};
	struct error error;

	(void)state;
	ask.refresh_token = "old";
	ask.code = "c/1";
	ask.code_verifier = "v";
	ask.redirect_uri = "http://127.0.0.1:1/";
	assert_int_equal(grant_request(&ask, &form, &error), 0);
	assert_string_equal(form.text,
	    "grant_type=authorization_code&code=c%2F1"
	    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&code_verifier=v");
	form_wipe(&form);

	ask = ask_with(GRANT_DEVICE_CODE);
	ask.device_code = "d";
	assert_int_equal(grant_request(&ask, &form, &error), 0);
	assert_string_equal(form.text,
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d");
	form_wipe(&form);

	ask = ask_with(GRANT_DEVICE_CODE);
	ask.begins_device = true;
	assert_int_equal(grant_request(&ask, &form, &error), 0);
	assert_string_equal(form.text, "scope=https%3A%2F%2Fa%2F.default+offline_access");
	form_wipe(&form);
}

static void
refresh_token_serves_the_grants_a_person_began(void **state)
{
	static const enum grant grants[] = {
	    GRANT_REFRESH_TOKEN, GRANT_AUTHORIZATION_CODE, GRANT_DEVICE_CODE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct token_ask ask = ask_with(grants[i]);
		struct form form = {0};
		struct error error;

		ask.refresh_token = "r/1";
		ask.scopes = &no_scopes;
		assert_int_equal(grant_request(&ask, &form, &error), 0);
		assert_string_equal(form.text, "grant_type=refresh_token&refresh_token=r%2F1");
		form_wipe(&form);
		assert_true(grant_uses_refresh_token(grants[i]));
		ask.refresh_token = NULL;
		assert_int_equal(grant_request(&ask, &form, &error), -1);
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
	struct config_parameters parameters = {.items = &parameter, .count = 1};
	struct token_ask ask = ask_with(GRANT_CLIENT_CREDENTIALS);
	struct form form = {0};
	struct error error;

	(void)state;
	ask.parameters = &parameters;
	assert_int_equal(grant_request(&ask, &form, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	form_wipe(&form);
}

static void
a_command_asks_no_server(void **state)
{
	struct token_ask ask = ask_with(GRANT_COMMAND);
	struct form form = {0};
	struct error error;

	(void)state;
	assert_int_equal(grant_request(&ask, &form, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_false(grant_uses_refresh_token(GRANT_COMMAND));
	assert_false(grant_uses_refresh_token(GRANT_JWT_BEARER));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(client_credentials),
	    cmocka_unit_test(codes_come_before_refresh_tokens),
	    cmocka_unit_test(refresh_token_serves_the_grants_a_person_began),
	    cmocka_unit_test(our_own_parameters_cannot_be_replaced),
	    cmocka_unit_test(a_command_asks_no_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
