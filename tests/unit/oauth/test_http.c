/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/http.h"

static void
https_is_asked_and_http_on_loopback_only(void **state)
{
	static const char *const allowed[] = {"https://login.example.com/token",
	    "https://login.example.com:8443/t?x=1", "http://127.0.0.1:8080/token",
	    "http://127.9.9.9/", "http://[::1]:8080/token", "HTTPS://Example.com/"};
	static const char *const refused[] = {"http://login.example.com/token",
	    "http://localhost/token", "http://127.0.0.1.example.com/", "http://[::2]/",
	    "http://127.0.0.1@example.com/", "https://user@example.com/",
	    "https://u:p@example.com/", "https://example.com/#part", "ftp://127.0.0.1/",
	    "file:///etc/passwd", "example.com", "", "https://"};

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!http_url_allowed(allowed[i]))
			fail_msg("refused: %s", allowed[i]);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (http_url_allowed(refused[i]))
			fail_msg("allowed: %s", refused[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(https_is_asked_and_http_on_loopback_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
