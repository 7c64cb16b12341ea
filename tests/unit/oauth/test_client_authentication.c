/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "oauth/client_authentication.h"

static char client_id[] = "client id:1";
static char name[] = "contoso";

static struct config_client
client_with(enum client_authentication authentication)
{
	return (struct config_client){
	    .name = name, .client_id = client_id, .authentication = authentication};
}

static void
post_puts_both_into_the_form(void **state)
{
	struct config_client client = client_with(CLIENT_SECRET_POST);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(
			     &(struct token_ask){.client = &client, .client_secret = "s&t"}, &form,
			     &authorization, &error),
	    0);
	assert_string_equal(form.text, "client_id=client+id%3A1&client_secret=s%26t");
	assert_null(authorization.text);
	form_wipe(&form);
}

static void
basic_encodes_both_before_joining_them(void **state)
{
	struct config_client client = client_with(CLIENT_SECRET_BASIC);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(&(struct token_ask){.client = &client,
							 .client_secret = "p\xc3\xa4ss w:rd+%"},
			     &form, &authorization, &error),
	    0);
	/* base64 of client+id%3A1:p%C3%A4ss+w%3Ard%2B%25 */
	assert_string_equal(
	    authorization.text, "Basic Y2xpZW50K2lkJTNBMTpwJUMzJUE0c3MrdyUzQXJkJTJCJTI1");
	assert_null(form.text);
	form_wipe(&authorization);
}

static void
a_public_client_names_itself_only(void **state)
{
	struct config_client client = client_with(CLIENT_PUBLIC);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(
			     &(struct token_ask){.client = &client}, &form, &authorization, &error),
	    0);
	assert_string_equal(form.text, "client_id=client+id%3A1");
	form_wipe(&form);
}

static void
an_assertion_of_somebody_else_is_passed_on(void **state)
{
	struct config_client client = client_with(CLIENT_PRIVATE_KEY_JWT);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(
			     &(struct token_ask){.client = &client, .client_assertion = "a.b.c"},
			     &form, &authorization, &error),
	    0);
	assert_string_equal(form.text,
	    "client_id=client+id%3A1&client_assertion_type="
	    "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
	    "&client_assertion=a.b.c");
	assert_null(authorization.text);
	form_wipe(&form);
	assert_int_equal(client_authentication_apply(
			     &(struct token_ask){.client = &client, .client_assertion = "a.b.c\n"},
			     &form, &authorization, &error),
	    -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_null(strstr(error.text, "a.b.c"));
}

static void
an_own_assertion_needs_a_key(void **state)
{
	struct config_client client = client_with(CLIENT_PRIVATE_KEY_JWT);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(
			     &(struct token_ask){.client = &client, .private_key = "hunter2"},
			     &form, &authorization, &error),
	    -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "private_key of contoso: there is no private key"));
	form_wipe(&form);
}

static void
what_cannot_be_done_is_a_matter_of_configuration(void **state)
{
	struct config_client without_secret = client_with(CLIENT_SECRET_BASIC);
	struct config_client without_key = client_with(CLIENT_PRIVATE_KEY_JWT);
	struct form form = {0};
	struct form authorization = {0};
	struct error error;

	(void)state;
	assert_int_equal(client_authentication_apply(&(struct token_ask){.client = &without_secret},
			     &form, &authorization, &error),
	    -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "client_secret"));
	assert_int_equal(client_authentication_apply(&(struct token_ask){.client = &without_key},
			     &form, &authorization, &error),
	    -1);
	assert_int_equal(error.status, EX_CONFIG);
	assert_non_null(strstr(error.text, "private_key"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(post_puts_both_into_the_form),
	    cmocka_unit_test(basic_encodes_both_before_joining_them),
	    cmocka_unit_test(a_public_client_names_itself_only),
	    cmocka_unit_test(an_assertion_of_somebody_else_is_passed_on),
	    cmocka_unit_test(an_own_assertion_needs_a_key),
	    cmocka_unit_test(what_cannot_be_done_is_a_matter_of_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
