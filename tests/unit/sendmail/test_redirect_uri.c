/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sendmail/redirect_uri.h"

static void
uris_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
		const char *host;
		unsigned port;
		const char *path;
	} uris[] = {
	    {"http://127.0.0.1/", true, "127.0.0.1", 0, "/"},
	    {"http://127.0.0.1:8080", true, "127.0.0.1", 8080, ""},
	    {"http://localhost:1/a/b?c=d", true, "localhost", 1, "/a/b?c=d"},
	    {"HTTP://LocalHost", true, "LocalHost", 0, ""},
	    {"http://[::1]:4711/", true, "[::1]", 4711, "/"},
	    {"http://[::1]", true, "[::1]", 0, ""},
	    {"https://127.0.0.1/", false, "127.0.0.1", 0, "/"},
	    {"https://example.com:443/cb", false, "example.com", 443, "/cb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		struct redirect_uri uri;

		assert_true(redirect_uri_parse(&uri, uris[i].text));
		assert_int_equal(uri.loopback, uris[i].loopback);
		assert_string_equal(uri.host, uris[i].host);
		assert_int_equal(uri.port, uris[i].port);
		assert_string_equal(uri.path, uris[i].path);
	}
}

static void
others_are_refused(void **state)
{
	char text[REDIRECT_URI_MAX + 1];
	struct redirect_uri uri;

	(void)state;
	assert_false(redirect_uri_parse(&uri, ""));
	assert_false(redirect_uri_parse(&uri, "localhost"));
	assert_false(redirect_uri_parse(&uri, "http:///x"));
	memset(text, 'a', sizeof(text));
	memcpy(text, "http://", 7);
	text[REDIRECT_URI_MAX] = '\0';
	assert_false(redirect_uri_parse(&uri, text));
}

static void
uris_are_put_together(void **state)
{
	struct redirect_uri uri;
	char text[64];

	(void)state;
	assert_true(redirect_uri_parse(&uri, "http://localhost"));
	assert_true(redirect_uri_write(&uri, text, sizeof(text)));
	assert_string_equal(text, "http://localhost");
	uri.port = 4711;
	assert_true(redirect_uri_write(&uri, text, sizeof(text)));
	assert_string_equal(text, "http://localhost:4711");
	assert_true(redirect_uri_authority(&uri, text, sizeof(text)));
	assert_string_equal(text, "localhost:4711");
	assert_false(redirect_uri_write(&uri, text, 21));
	/* Browsers leave the scheme's own port out. */
	uri.port = 80;
	assert_true(redirect_uri_authority(&uri, text, sizeof(text)));
	assert_string_equal(text, "localhost");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(uris_are_taken_apart),
	    cmocka_unit_test(others_are_refused),
	    cmocka_unit_test(uris_are_put_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
