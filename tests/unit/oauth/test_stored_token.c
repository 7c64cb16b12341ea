/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/stored_token.h"

static char name[] = "office";
static char one[] = "one";
static char two[] = "two";
static char *with_one[] = {one, NULL};
static char *with_two[] = {one, two, NULL};

static void
expect(const struct config_profile *a, const struct config_profile *b, bool same)
{
	char bindings[2][STORED_TOKEN_BINDING_SIZE];

	stored_token_binding(a, bindings[0]);
	stored_token_binding(b, bindings[1]);
	assert_int_equal(strlen(bindings[0]), STORED_TOKEN_BINDING_SIZE - 1);
	assert_int_equal(strcmp(bindings[0], bindings[1]) == 0, same);
}

static void
a_token_belongs_to_the_client_and_its_server(void **state)
{
	struct config_client clients[2] = {{.client_id = one, .issuer = one}};
	struct config_profile a = {
	    .name = name, .client = &clients[0], .grant = GRANT_CLIENT_CREDENTIALS};
	struct config_profile b = a;

	(void)state;
	b.client = &clients[1];
	clients[1] = clients[0];
	expect(&a, &b, true);
	clients[1].client_id = two;
	expect(&a, &b, false);
	clients[1] = clients[0];
	clients[1].issuer = two;
	expect(&a, &b, false);
	clients[1] = clients[0];
	clients[1].token_endpoint = two;
	expect(&a, &b, false);
	/* How it proves who it is does not matter. */
	clients[1] = clients[0];
	clients[1].private_key = (struct secret_reference){.kind = SECRET_FILE, .value = two};
	clients[1].service_account = clients[1].private_key;
	expect(&a, &b, true);
}

static void
a_service_account_is_a_client_without_id(void **state)
{
	struct config_client clients[2] = {
	    {.service_account = {.kind = SECRET_FILE, .value = one}}};
	struct config_profile a = {
	    .name = name, .client = &clients[0], .grant = GRANT_JWT_BEARER, .username = one};
	struct config_profile b = a;

	(void)state;
	b.client = &clients[1];
	clients[1] = clients[0];
	expect(&a, &b, true);
	clients[1].service_account.value = two;
	expect(&a, &b, false);
	clients[0].service_account = (struct secret_reference){SECRET_COMMAND, NULL, with_one};
	clients[1].service_account = (struct secret_reference){SECRET_COMMAND, NULL, with_two};
	expect(&a, &b, false);
	clients[1] = clients[0];
	b.username = two;
	expect(&a, &b, false);
}

static void
a_command_prints_its_own_tokens(void **state)
{
	struct config_profile a = {
	    .name = name, .grant = GRANT_COMMAND, .token_command = with_one, .username = one};
	struct config_profile b = a;

	(void)state;
	b.username = two;
	expect(&a, &b, true);
	b.token_command = with_two;
	expect(&a, &b, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_token_belongs_to_the_client_and_its_server),
	    cmocka_unit_test(a_service_account_is_a_client_without_id),
	    cmocka_unit_test(a_command_prints_its_own_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
