/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/base64url.h"
#include "oauth/token_claims.h"

#define HEADER "{\"typ\":\"JWT\",\"alg\":\"RS256\"}"

/* HEADER.PAYLOAD.signature; the caller frees it. */
static char *
token_of(const char *header, const char *payload)
{
	size_t size = BASE64URL_SIZE(strlen(header)) + BASE64URL_SIZE(strlen(payload)) + 16;
	char *token = malloc(size);

	assert_non_null(token);
	base64url_encode(token, header, strlen(header));
	strcat(token, ".");
	base64url_encode(token + strlen(token), payload, strlen(payload));
	strcat(token, ".c2ln");
	return token;
}

static struct token_claims
read_payload(const char *payload)
{
	struct token_claims claims;
	char *token = token_of(HEADER, payload);

	assert_true(token_claims_read(token, &claims));
	free(token);
	return claims;
}

static void
a_persons_token(void **state)
{
	struct token_claims claims = read_payload(
	    "{\"aud\":\"https://outlook.office.com\",\"scp\":\"SMTP.Send IMAP.Read\","
	    "\"appid\":\"app\",\"tid\":\"tenant\",\"upn\":\"me@x.org\",\"oid\":\"object\","
	    "\"exp\":1700000000}");

	(void)state;
	assert_string_equal(claims.audience, "https://outlook.office.com");
	assert_string_equal(claims.scopes, "SMTP.Send IMAP.Read");
	assert_string_equal(claims.application, "app");
	assert_string_equal(claims.tenant, "tenant");
	assert_string_equal(claims.user, "me@x.org");
	assert_string_equal(claims.object, "object");
	assert_int_equal(claims.expires, 1700000000);
	assert_false(claims.application_only);
}

static void
an_applications_token(void **state)
{
	struct token_claims claims = read_payload("{\"aud\":[\"a\",\"b\"],\"roles\":[\"SMTP."
						  "SendAsApp\",7,\"Mail.Send\"],\"azp\":\"app\"}");

	(void)state;
	assert_string_equal(claims.audience, "a");
	assert_string_equal(claims.roles, "SMTP.SendAsApp Mail.Send");
	assert_string_equal(claims.application, "app");
	assert_true(claims.application_only);
	claims = read_payload("{\"idtyp\":\"app\",\"upn\":\"odd@x.org\"}");
	assert_true(claims.application_only);
	claims = read_payload("{\"idtyp\":\"user\"}");
	assert_false(claims.application_only);
	claims = read_payload("{\"preferred_username\":\"me@x.org\"}");
	assert_false(claims.application_only);
	assert_string_equal(claims.user, "me@x.org");
}

static void
claims_are_bounded_and_printable(void **state)
{
	char payload[4096] = "{\"upn\":\"";
	struct token_claims claims;

	(void)state;
	memset(payload + strlen(payload), 'x', 3000);
	strcat(payload, "\",\"aud\":\"a\\u0007b\\n\u00e9\",\"tid\":{\"deep\":1}}");
	claims = read_payload(payload);
	assert_int_equal(strlen(claims.user), sizeof(claims.user) - 1);
	assert_string_equal(claims.audience, "a?b???");
	assert_string_equal(claims.tenant, "");
}

static void
what_is_no_token_of_this_kind_says_nothing(void **state)
{
	static const char *const opaque[] = {"", ".", "..", "...", "ya29.a0AfB_by", "a.b.c",
	    "EwBwA8l6BAAU", "e30.e30.", "eyJhbGciOiJSUzI1NiJ9.W10.c2ln", "eyJhbGciOiJSUzI1NiJ9.e30",
	    "eyJhbGciOiJSUzI1NiJ9.!!!.c2ln", "eyJhbGciOiJSUzI1NiJ9.e.c2ln", "bnVsbA.e30.x"};
	struct token_claims claims;

	(void)state;
	for (size_t i = 0; i < sizeof(opaque) / sizeof(opaque[0]); i++) {
		assert_false(token_claims_read(opaque[i], &claims));
		assert_string_equal(claims.audience, "");
	}
}

static void
words_of_a_list(void **state)
{
	(void)state;
	assert_true(token_claims_has("a SMTP.Send b", "smtp.send"));
	assert_false(token_claims_has("SMTP.SendAsApp", "SMTP.Send"));
	assert_false(token_claims_has("", "a"));
}

static void
base64url_there_and_back(void **state)
{
	static const char text[] = "any carnal pleas\xff\xfe";
	unsigned char octets[64];
	char encoded[64];

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		base64url_encode(encoded, text, length);
		assert_int_equal(base64url_decode(octets, encoded, strlen(encoded)), length);
		assert_memory_equal(octets, text, length);
	}
	assert_int_equal(base64url_decode(octets, "A", 1), -1);
	assert_int_equal(base64url_decode(octets, "AA=", 3), -1);
	assert_int_equal(base64url_decode(octets, "A+", 2), -1);
	assert_int_equal(base64url_decode(octets, "A\0", 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_persons_token),
	    cmocka_unit_test(an_applications_token),
	    cmocka_unit_test(claims_are_bounded_and_printable),
	    cmocka_unit_test(what_is_no_token_of_this_kind_says_nothing),
	    cmocka_unit_test(words_of_a_list),
	    cmocka_unit_test(base64url_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
