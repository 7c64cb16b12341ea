/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sendmail/redirect_page.h"

static void
page_is_whole(void **state)
{
	char field[64];
	size_t length;
	char *page = redirect_page(200, "Title", "One.\nTwo.", &length);
	const char *body;

	(void)state;
	assert_non_null(page);
	assert_int_equal(length, strlen(page));
	assert_memory_equal(page, "HTTP/1.1 200 OK\r\n", 17);
	body = strstr(page, "\r\n\r\n") + 4;
	snprintf(field, sizeof(field), "\r\nContent-Length: %zu\r\n", strlen(body));
	assert_non_null(strstr(page, field));
	assert_memory_equal(body, "<!DOCTYPE html>\n<html lang=\"en\">", 32);
	assert_non_null(strstr(body, "<title>Title - Postoak</title>"));
	assert_non_null(strstr(body, "<p>One.</p>\n<p>Two.</p>\n"));
	assert_null(strstr(page, "Allow"));
	free(page);
}

static void
text_cannot_become_markup(void **state)
{
	size_t length;
	char *page = redirect_page(400, "<a>", "\"'<script>&amp;", &length);

	(void)state;
	assert_non_null(page);
	assert_non_null(strstr(page, "<h1>&lt;a&gt;</h1>"));
	assert_non_null(strstr(page, "&quot;&#39;&lt;script&gt;&amp;amp;"));
	assert_null(strstr(page, "<script"));
	free(page);
}

static void
status_is_named(void **state)
{
	size_t length;
	char *page = redirect_page(405, "", "", &length);

	(void)state;
	assert_non_null(page);
	assert_memory_equal(page, "HTTP/1.1 405 Method Not Allowed\r\n", 33);
	assert_non_null(strstr(page, "\r\nAllow: GET\r\n"));
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(page_is_whole),
	    cmocka_unit_test(text_cannot_become_markup),
	    cmocka_unit_test(status_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
