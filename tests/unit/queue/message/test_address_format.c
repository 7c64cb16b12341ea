/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/address_format.h"

static void
formats(const char *text, const char *expected)
{
	struct address_list list = {0};
	char *formatted;

	assert_int_equal(address_list_parse(text, strlen(text), &list, NULL), 0);
	formatted = address_list_format(&list, strlen("From:"));
	assert_non_null(formatted);
	assert_string_equal(formatted, expected);
	free(formatted);
	address_list_free(&list);
}

static void
lists(void **state)
{
	(void)state;
	formats("a@x", " a@x");
	formats("root (Cron Daemon)", " Cron Daemon <root>");
	formats("\"Doe, J\" <a@x>, <\"a b\"@x>", " \"Doe, J\" <a@x>, \"a b\"@x");
	formats("<>", " <>");
	formats("", "");
}

static void
long_lists_fold(void **state)
{
	(void)state;
	formats("\"A rather long display name of a person\" <somebody@mail.example.com>, b@x, c@y",
	    " A rather long display name of a person <somebody@mail.example.com>,\r\n b@x, c@y");
	formats("\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc <a@x>",
	    " =?UTF-8?Q?=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC=C3=BC?=\r\n"
	    " =?UTF-8?Q?=C3=BC?= <a@x>");
}

static void
hostile_names_stay_in_the_field(void **state)
{
	struct mailbox item = {
	    .name = (char[]){"a\r\nBcc: victim@x\r\n\r\nbody"}, .address = (char[]){"a@x"}};
	struct address_list list = {.items = &item, .count = 1};
	char *formatted = address_list_format(&list, 5);

	(void)state;
	assert_non_null(formatted);
	for (const char *p = strchr(formatted, '\n'); p != NULL; p = strchr(p + 1, '\n'))
		assert_true(p[1] == ' ' || p[1] == '\t');
	free(formatted);
}

static void
summaries(void **state)
{
	char address[] = "someone@mail.example";
	struct mailbox items[500];
	struct address_list list = {.items = items, .count = 2};
	char *summary;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		items[i] = (struct mailbox){.address = address};
	summary = address_list_summary(&list);
	assert_string_equal(summary, "someone@mail.example, someone@mail.example");
	free(summary);
	list.count = 500;
	summary = address_list_summary(&list);
	assert_true(strlen(summary) < 1024);
	assert_non_null(strstr(summary, " more"));
	free(summary);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists),
	    cmocka_unit_test(long_lists_fold),
	    cmocka_unit_test(hostile_names_stay_in_the_field),
	    cmocka_unit_test(summaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
