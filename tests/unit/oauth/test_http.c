/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <netdb.h>
#include <semaphore.h>
#include <stdbool.h>
#include <unistd.h>

#include "oauth/http.h"

static sem_t name_server;

/* In place of the C library's: a name service that does not answer. */
int
getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
	(void)node;
	(void)service;
	(void)hints;
	*list = NULL;
	while (sem_wait(&name_server) < 0)
		continue;
	return EAI_AGAIN;
}

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

static void
note_end(const struct http_response *response, void *context)
{
	struct loop *loop = context;

	assert_int_equal(response->result, HTTP_NOT_SENT);
	loop_stop(loop);
}

static void
a_name_service_that_hangs_does_not_stop_the_loop(void **state)
{
	struct loop *loop = loop_new();
	struct http *http = http_new(loop);
	struct form form = {0};
	struct http_request request = {
	    .url = "https://login.example.com/token", .form = &form, .timeout = 1};
	struct error error;

	(void)state;
	assert_non_null(http);
	assert_int_equal(sem_init(&name_server, 0, 0), 0);
	form_add(&form, "grant_type", "client_credentials");
	assert_non_null(http_start(http, &request, note_end, loop, &error));
	alarm(60); /* or it would hang for ever */
	assert_int_equal(loop_run(loop), 0);
	alarm(0);
	assert_int_equal(sem_post(&name_server), 0);
	http_free(http);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(https_is_asked_and_http_on_loopback_only),
	    cmocka_unit_test(a_name_service_that_hangs_does_not_stop_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
