/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/secret.h"
#include "oauth/authorization.h"
#include "sendmail/redirect_request.h"

#define HOST "Host: 127.0.0.1:4711\r\n"

static struct redirect_uri uri;

static int
set_up(void **state)
{
	(void)state;
	return redirect_uri_parse(&uri, "http://127.0.0.1:4711/cb") ? 0 : -1;
}

static void
expect_octets(const char *octets, size_t length, unsigned status, const char *query)
{
	char *found;

	assert_int_equal(redirect_request_read(octets, length, &uri, "S", &found), status);
	if (query == NULL)
		assert_null(found);
	else
		assert_string_equal(found, query);
	secret_free(found);
}

static void
expect(const char *request, unsigned status, const char *query)
{
	expect_octets(request, strlen(request), status, query);
}

static void
the_response_is_taken(void **state)
{
	(void)state;
	expect("GET /cb?code=a&state=S HTTP/1.1\r\n" HOST "\r\n", 200, "/cb?code=a&state=S");
	expect("GET /cb?state=S&error=x HTTP/1.0\n" HOST "\n", 200, "/cb?state=S&error=x");
	expect("\r\nGET /cb?state=S HTTP/1.1\r\nA: b\r\nhOsT:\t127.0.0.1:4711 \r\n\r\n", 200,
	    "/cb?state=S");
	expect("GET /cb?state=S HTTP/1.1\r\n" HOST "\r\nrest", 200, "/cb?state=S");
}

static void
nothing_is_decided_before_the_end(void **state)
{
	static const char request[] = "GET /cb?code=a&state=S HTTP/1.1\r\n" HOST "\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(request) - 2; i++)
		expect_octets(request, i, 0, NULL);
}

static void
everything_else_is_refused(void **state)
{
	static const struct {
		const char *request;
		unsigned status;
	} others[] = {
	    {"GET /cb?state=T HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET /cb HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET /cb?state=S&state=S HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET /?state=S HTTP/1.1\r\n" HOST "\r\n", 404},
	    {"GET /cbx?state=S HTTP/1.1\r\n" HOST "\r\n", 404},
	    {"GET /c?state=S HTTP/1.1\r\n" HOST "\r\n", 404},
	    {"GET /CB?state=S HTTP/1.1\r\n" HOST "\r\n", 404},
	    {"GET /cb/?state=S HTTP/1.1\r\n" HOST "\r\n", 404},
	    {"POST /cb?state=S HTTP/1.1\r\n" HOST "\r\n", 405},
	    {"get /cb?state=S HTTP/1.1\r\n" HOST "\r\n", 405},
	    {"GET /cb?state=S HTTP/2.0\r\n" HOST "\r\n", 400},
	    {"GET /cb?state=S x HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET  HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET /cb?state=S\r\n" HOST "\r\n", 400},
	    {"GET\r\n" HOST "\r\n", 400},
	    {"GET http://127.0.0.1:4711/cb?state=S HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\n\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\n" HOST HOST "\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\nHost: 127.0.0.1:47110\r\n\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\nHost: evil.example:4711\r\n\r\n", 400},
	    {"GET /cb?state=S HTTP/1.1\r\nHost:\r\n\r\n", 400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		expect(others[i].request, others[i].status, NULL);
}

static void
size_is_bounded(void **state)
{
	char *octets = calloc(1, REDIRECT_REQUEST_MAX);

	(void)state;
	assert_non_null(octets);
	memset(octets, 'a', REDIRECT_REQUEST_MAX);
	expect_octets(octets, REDIRECT_REQUEST_MAX - 1, 0, NULL);
	expect_octets(octets, REDIRECT_REQUEST_MAX, 431, NULL);
	free(octets);
}

static uint64_t seed = 0x706f73746f616bULL;

/* xorshift: the same everywhere. */
static uint64_t
chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Random damage to a good request never gets past the checks, nor out of bounds. */
static void
damaged_requests(void **state)
{
	static const char good[] =
	    "GET /cb?code=abc&state=S&iss=https%3A%2F%2Fa HTTP/1.1\r\n" HOST "A: b\r\n\r\n";
	static const char octets[] = "GET /cb?=&%#: \r\n\t\0HTTP/1.state";
	static const struct authorization_expectation expectation = {
	    .state = "S", .issuer = "https://a", .issuer_named = true};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t length = sizeof(good) - 1;
		char *request = malloc(length);
		char *query;
		char *code;

		assert_non_null(request);
		memcpy(request, good, length);
		for (uint64_t damage = chance() % 4; damage > 0; damage--)
			request[chance() % length] =
			    chance() % 2 ? octets[chance() % sizeof(octets)] : (char)chance();
		if (chance() % 4 == 0)
			length = chance() % length;
		if (redirect_request_read(request, length, &uri, "S", &query) == 200) {
			assert_true(authorization_is_ours(query, "S"));
			(void)authorization_response(query, &expectation, &code, NULL);
			secret_free(code);
		}
		secret_free(query);
		free(request);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_response_is_taken),
	    cmocka_unit_test(nothing_is_decided_before_the_end),
	    cmocka_unit_test(everything_else_is_refused),
	    cmocka_unit_test(size_is_bounded),
	    cmocka_unit_test(damaged_requests),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
