/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/host_name.h"

static void
completion(void **state)
{
	static const struct {
		const char *name;
		const char *mail_name;
		const char *complete;
	} cases[] = {
	    {"web1", "example.com", "web1.example.com"},
	    {"web1", "web1.example.com", "web1.example.com"},
	    {"web", "web1.example.com", "web.web1.example.com"},
	    {"web1.example.net", "example.com", "web1.example.net"},
	    {"web1", NULL, "web1"},
	    {"", "example.com", "localhost"},
	    {"bad host", NULL, "localhost"},
	    {"a..b", NULL, "localhost"},
	};
	char *complete;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		complete = host_name_complete(cases[i].name, cases[i].mail_name);
		assert_string_equal(complete, cases[i].complete);
		free(complete);
	}
}

static void
the_first_line_counts(void **state)
{
	static const struct {
		const char *content;
		const char *name;
	} cases[] = {
	    {"example.com\n", "example.com"},
	    {"  example.com \r\nother.example\n", "example.com"},
	    {"example.com", "example.com"},
	    {"", NULL},
	    {"\nexample.com\n", NULL},
	    {"exa<mple.com\n", NULL},
	};
	char path[] = "/tmp/postoak-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file;
	char *name;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = fopen(path, "w");
		assert_non_null(file);
		(void)fputs(cases[i].content, file);
		fclose(file);
		name = host_name_read(path);
		if (cases[i].name == NULL)
			assert_null(name);
		else
			assert_string_equal(name, cases[i].name);
		free(name);
	}
	unlink(path);
	assert_null(host_name_read(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(completion),
	    cmocka_unit_test(the_first_line_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
