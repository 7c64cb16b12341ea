/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "queue/delivery/sasl.h"

static char response[SASL_RESPONSE_MAX];

static void
xoauth2_is_as_its_authors_describe_it(void **state)
{
	/* The example of Google's and Microsoft's documentation. */
	struct sasl_login login = {.username = "test@contoso.onmicrosoft.com",
	    .secret = "EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA"};

	(void)state;
	assert_int_equal(sasl_response(MECHANISM_XOAUTH2, &login, 0, response), 0);
	assert_string_equal(response,
	    "dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZwVUFv"
	    "N0ozVmUwYmpMQldaV0NjbFJDM0VvQUEBAQ==");
	assert_int_equal(sasl_response(MECHANISM_XOAUTH2, &login, 1, response), -1);
	assert_string_equal(sasl_dismissal(MECHANISM_XOAUTH2), "");
}

static void
oauthbearer_is_rfc_7628_4_1(void **state)
{
	struct sasl_login login = {.username = "user@example.com",
	    .secret = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
	    .host = "server.example.com",
	    .port = 143};

	(void)state;
	assert_int_equal(sasl_response(MECHANISM_OAUTHBEARER, &login, 0, response), 0);
	assert_string_equal(response,
	    "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVh"
	    "cmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
	assert_string_equal(sasl_dismissal(MECHANISM_OAUTHBEARER), "AQ==");
}

static void
oauthbearer_escapes_the_name(void **state)
{
	struct sasl_login login = {.username = "a,b=c", .secret = "T", .host = "h", .port = 587};
	char text[256];

	(void)state;
	assert_int_equal(sasl_response(MECHANISM_OAUTHBEARER, &login, 0, response), 0);
	/* n,a=a=2Cb=3Dc,^Ahost=h^Aport=587^Aauth=Bearer T^A^A */
	assert_string_equal(
	    response, "bixhPWE9MkNiPTNEYywBaG9zdD1oAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIFQBAQ==");
	sasl_decode(response, text, sizeof(text)); /* not printable: stays as it is */
	assert_string_equal(text, response);
}

static void
plain_and_login(void **state)
{
	struct sasl_login login = {.username = "tim", .secret = "tanstaaftanstaaf"};

	(void)state;
	/* RFC 4616 4, without an authorization identity. */
	assert_int_equal(sasl_response(MECHANISM_PLAIN, &login, 0, response), 0);
	assert_string_equal(response, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_int_equal(sasl_response(MECHANISM_LOGIN, &login, 0, response), 0);
	assert_string_equal(response, "dGlt");
	assert_int_equal(sasl_response(MECHANISM_LOGIN, &login, 1, response), 0);
	assert_string_equal(response, "dGFuc3RhYWZ0YW5zdGFhZg==");
	assert_int_equal(sasl_response(MECHANISM_LOGIN, &login, 2, response), -1);
}

static void
tokens_fit_up_to_16_kibibytes_encoded(void **state)
{
	static char token[20000];
	struct sasl_login login = {.username = "u", .secret = token};

	(void)state;
	/* user=u ^A auth=Bearer ^A^A are 21 octets; 12288 make 16384. */
	memset(token, 't', 12288 - 21);
	assert_int_equal(sasl_response(MECHANISM_XOAUTH2, &login, 0, response), 0);
	assert_int_equal(strlen(response), SASL_RESPONSE_MAX - 1);
	token[12288 - 21] = 't';
	assert_int_equal(sasl_response(MECHANISM_XOAUTH2, &login, 0, response), -1);
}

static void
the_best_mechanism_fits_the_credential(void **state)
{
	unsigned all = 1u << MECHANISM_XOAUTH2 | 1u << MECHANISM_OAUTHBEARER |
		       1u << MECHANISM_PLAIN | 1u << MECHANISM_LOGIN;

	(void)state;
	assert_int_equal(sasl_choose(MECHANISM_BEST, CREDENTIAL_TOKEN, all), MECHANISM_XOAUTH2);
	assert_int_equal(sasl_choose(MECHANISM_BEST, CREDENTIAL_TOKEN, 1u << MECHANISM_OAUTHBEARER),
	    MECHANISM_OAUTHBEARER);
	assert_int_equal(
	    sasl_choose(MECHANISM_BEST, CREDENTIAL_TOKEN, 1u << MECHANISM_PLAIN), MECHANISM_BEST);
	assert_int_equal(sasl_choose(MECHANISM_BEST, CREDENTIAL_PASSWORD, all), MECHANISM_PLAIN);
	assert_int_equal(sasl_choose(MECHANISM_LOGIN, CREDENTIAL_PASSWORD, all), MECHANISM_LOGIN);
	assert_int_equal(
	    sasl_choose(MECHANISM_OAUTHBEARER, CREDENTIAL_TOKEN, all), MECHANISM_OAUTHBEARER);
	assert_int_equal(
	    sasl_choose(MECHANISM_OAUTHBEARER, CREDENTIAL_TOKEN, 1u << MECHANISM_XOAUTH2),
	    MECHANISM_BEST);
}

static void
challenges_are_decoded_where_that_helps(void **state)
{
	char text[64];

	(void)state;
	sasl_decode("eyJzdGF0dXMiOiI0MDEifQ==", text, sizeof(text));
	assert_string_equal(text, "{\"status\":\"401\"}");
	sasl_decode("not base64 at all", text, sizeof(text));
	assert_string_equal(text, "not base64 at all");
	sasl_decode("AAAA", text, sizeof(text)); /* three NUL */
	assert_string_equal(text, "AAAA");
	sasl_decode("====", text, sizeof(text));
	assert_string_equal(text, "====");
	sasl_decode("", text, sizeof(text));
	assert_string_equal(text, "");
	sasl_decode("eyJzdGF0dXMiOiI0MDEifQ==", text, 5);
	assert_string_equal(text, "{\"st");
}

static void
secrets_are_redacted(void **state)
{
	static const char token[] = "eyJhbGciOiJub25lIn0.payloadpayloadpayload.signaturesignature";
	char text[200];

	(void)state;
	strlcpy(text, "bad pw, pw, really", sizeof(text));
	sasl_redact(text, sizeof(text), "pw");
	assert_string_equal(text, "bad [redacted], [redacted], really");
	strlcpy(text, "nothing here", sizeof(text));
	sasl_redact(text, sizeof(text), "");
	assert_string_equal(text, "nothing here");
	snprintf(text, sizeof(text), "you said %s.", token);
	sasl_redact(text, sizeof(text), token);
	assert_string_equal(text, "you said [redacted].");
	/* In part, and broken into lines. */
	snprintf(text, sizeof(text), "%.30s\n%.20s...", token, token + 30);
	sasl_redact(text, sizeof(text), token);
	assert_string_equal(text, "[redacted]\n[redacted]...");
	/* What grows is cut. */
	strlcpy(text, "aaaaaaaa", sizeof(text));
	sasl_redact(text, 12, "a");
	assert_string_equal(text, "[redacted][");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(xoauth2_is_as_its_authors_describe_it),
	    cmocka_unit_test(oauthbearer_is_rfc_7628_4_1),
	    cmocka_unit_test(oauthbearer_escapes_the_name),
	    cmocka_unit_test(plain_and_login),
	    cmocka_unit_test(tokens_fit_up_to_16_kibibytes_encoded),
	    cmocka_unit_test(the_best_mechanism_fits_the_credential),
	    cmocka_unit_test(challenges_are_decoded_where_that_helps),
	    cmocka_unit_test(secrets_are_redacted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
