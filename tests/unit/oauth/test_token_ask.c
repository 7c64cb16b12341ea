/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "oauth/token_ask.h"

static char configured[] = "https://configured/token";
static char found[] = "https://found/token";

static void
what_the_client_says_comes_before_what_was_found(void **state)
{
	struct config_client client = {.token_endpoint = configured};
	struct metadata metadata = {.token_endpoint = found};
	struct token_ask ask = {.client = &client, .metadata = &metadata};

	(void)state;
	assert_string_equal(token_ask_endpoint(&ask), configured);
	client.token_endpoint = NULL;
	assert_string_equal(token_ask_endpoint(&ask), found);
	ask.metadata = NULL;
	assert_null(token_ask_endpoint(&ask));
}

static void
the_server_may_want_the_secret_in_another_way(void **state)
{
	struct config_client client = {.authentication = CLIENT_SECRET_POST};
	struct metadata metadata = {.methods = 1U << CLIENT_SECRET_BASIC | 1U << CLIENT_PUBLIC};
	struct token_ask ask = {
	    .client = &client, .metadata = &metadata, .grant = GRANT_CLIENT_CREDENTIALS};

	(void)state;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_SECRET_BASIC);
	metadata.methods |= 1U << CLIENT_SECRET_POST;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_SECRET_POST);
	metadata.methods = 0;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_SECRET_POST);
	metadata.methods = 1U << CLIENT_SECRET_BASIC;
	client.authentication_chosen = true;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_SECRET_POST);
}

static void
one_assertion_is_enough_unless_two_are_asked_for(void **state)
{
	struct config_client client = {.authentication = CLIENT_PRIVATE_KEY_JWT};
	struct token_ask ask = {.client = &client, .grant = GRANT_JWT_BEARER};

	(void)state;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_PUBLIC);
	client.authentication_chosen = true;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_PRIVATE_KEY_JWT);
	client.authentication_chosen = false;
	client.client_assertion.kind = SECRET_FILE;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_PRIVATE_KEY_JWT);
	client.client_assertion.kind = SECRET_NONE;
	ask.grant = GRANT_CLIENT_CREDENTIALS;
	assert_int_equal(token_ask_authentication(&ask), CLIENT_PRIVATE_KEY_JWT);
}

/* Bits of what is wanted. */
static unsigned
wanted(const struct token_ask *ask)
{
	struct gather gather;
	unsigned slots = 0;

	gather_init(&gather, NULL, NULL, NULL);
	token_ask_want(ask, &gather);
	for (unsigned i = 0; i < GATHER_SLOTS; i++)
		if (gather.items[i].reference != NULL)
			slots |= 1U << i;
	gather_wipe(&gather);
	return slots;
}

static void
only_what_is_needed_is_gathered(void **state)
{
	struct config_client client = {.authentication = CLIENT_SECRET_BASIC,
	    .client_secret.kind = SECRET_FILE,
	    .private_key.kind = SECRET_FILE,
	    .service_account.kind = SECRET_FILE};
	struct token_ask ask = {.client = &client, .grant = GRANT_CLIENT_CREDENTIALS};

	(void)state;
	assert_int_equal(wanted(&ask), 1U << GATHER_CLIENT_SECRET);
	client.authentication = CLIENT_PRIVATE_KEY_JWT;
	assert_int_equal(wanted(&ask), 1U << GATHER_PRIVATE_KEY);
	client.client_assertion.kind = SECRET_FILE;
	assert_int_equal(wanted(&ask), 1U << GATHER_CLIENT_ASSERTION);
	client.authentication = CLIENT_PUBLIC;
	assert_int_equal(wanted(&ask), 0);
	ask.grant = GRANT_JWT_BEARER;
	assert_int_equal(wanted(&ask), 1U << GATHER_SERVICE_ACCOUNT);
	client.service_account.kind = SECRET_NONE;
	assert_int_equal(wanted(&ask), 1U << GATHER_PRIVATE_KEY);
	client.authentication = CLIENT_SECRET_POST;
	assert_int_equal(wanted(&ask), 1U << GATHER_PRIVATE_KEY | 1U << GATHER_CLIENT_SECRET);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_client_says_comes_before_what_was_found),
	    cmocka_unit_test(the_server_may_want_the_secret_in_another_way),
	    cmocka_unit_test(one_assertion_is_enough_unless_two_are_asked_for),
	    cmocka_unit_test(only_what_is_needed_is_gathered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
