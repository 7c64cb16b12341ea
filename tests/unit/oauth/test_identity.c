/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/base64url.h"
#include "oauth/identity.h"

static const char *
token(const char *claims, char *text, size_t size)
{
	char encoded[512];

	base64url_encode(encoded, claims, strlen(claims));
	snprintf(text, size, "eyJhbGciOiJub25lIn0.%s.signature", encoded);
	return text;
}

static void
expect(const char *id_claims, const char *access_claims, const char *expected)
{
	char identity[IDENTITY_SIZE];
	char id_token[1024];
	char access_token[1024];

	identity_find(identity,
	    id_claims == NULL ? NULL : token(id_claims, id_token, sizeof(id_token)),
	    access_claims == NULL ? NULL
				  : token(access_claims, access_token, sizeof(access_token)));
	assert_string_equal(identity, expected);
}

static void
names_are_found(void **state)
{
	(void)state;
	expect("{\"email\":\"a@example.com\"}", "{\"upn\":\"b@example.com\"}", "a@example.com");
	expect("{\"email\":\"a@example.com\",\"upn\":\"b@example.com\"}", NULL, "b@example.com");
	expect("{\"preferred_username\":\"a\"}", NULL, "a");
	expect(NULL, "{\"upn\":\"b@example.com\"}", "b@example.com");
	expect("{\"sub\":\"1\"}", "{\"unique_name\":\"c\"}", "c");
	expect("{\"email\":\"a\\u001b[2J\\n\"}", NULL, "a?[2J?");
}

static void
nothing_else_is(void **state)
{
	static const char *const tokens[] = {"", ".", "..", "a.b", "opaque", "e30.!.x", "e30..x",
	    "e30.bm90IEpTT04.x", "e30.W10.x", "e30.A.x"};
	char identity[IDENTITY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		identity_find(identity, tokens[i], NULL);
		assert_string_equal(identity, "");
	}
	expect("{\"email\":1}", NULL, "");
	expect("{\"email\":\"\"}", NULL, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_found),
	    cmocka_unit_test(nothing_else_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
