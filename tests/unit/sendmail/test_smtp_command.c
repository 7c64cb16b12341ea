/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include <cmocka.h>

static void
verbs(void **state)
{
	static const struct {
		const char *line;
		enum smtp_verb verb;
		const char *argument;
	} cases[] = {
	    {"QUIT", SMTP_VERB_QUIT, ""},
	    {"quit  ", SMTP_VERB_QUIT, ""},
	    {" \tNoOp   some thing \t", SMTP_VERB_NOOP, "some thing"},
	    {"MAIL FROM:<a@b> SIZE=3", SMTP_VERB_MAIL, "FROM:<a@b> SIZE=3"},
	    {"HELO\t[127.0.0.1]", SMTP_VERB_HELO, "[127.0.0.1]"},
	    {"AUTH PLAIN AGEAYg==", SMTP_VERB_REFUSED, "PLAIN AGEAYg=="},
	    {"starttls", SMTP_VERB_REFUSED, ""},
	    {"expn root", SMTP_VERB_REFUSED, "root"},
	    {"MAILFROM:<a@b>", SMTP_VERB_UNKNOWN, ""},
	    {"MAI FROM:<a@b>", SMTP_VERB_UNKNOWN, "FROM:<a@b>"},
	    {"Subject: hello", SMTP_VERB_UNKNOWN, "hello"},
	    {"DATA\r", SMTP_VERB_UNKNOWN, ""},
	    {"  ", SMTP_VERB_UNKNOWN, ""},
	    {"", SMTP_VERB_UNKNOWN, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char line[64];
		char *argument;

		strlcpy(line, cases[i].line, sizeof line);
		assert_int_equal(smtp_command_verb(line, &argument), cases[i].verb);
		assert_string_equal(argument, cases[i].argument);
	}
}

static void
paths(void **state)
{
	static const struct {
		const char *argument;
		const char *path; /* null: refused */
		const char *parameters;
	} cases[] = {
	    {"TO:<a@b>", "<a@b>", ""},
	    {"to: <a@b>", "<a@b>", ""},
	    {"To : <a@b>  NOTIFY=NEVER ORCPT=x", "<a@b>", "NOTIFY=NEVER ORCPT=x"},
	    {"TO:a@b", "<a@b>", ""},
	    {"TO: root NOTIFY=NEVER", "<root>", "NOTIFY=NEVER"},
	    {"TO:<>", "<>", ""},
	    {"TO:<@x,@y:a@b>", "<@x,@y:a@b>", ""},
	    {"TO:<\"a> b\"@c>", "<\"a> b\"@c>", ""},
	    {"TO:<\"a\\\"> b\"@c> X", "<\"a\\\"> b\"@c>", "X"},
	    {"TO:\"a b\"@c X", "<\"a b\"@c>", "X"},
	    {"TO:<a@[127.0.0.1]>", "<a@[127.0.0.1]>", ""},
	    {"TO:", NULL, NULL},
	    {"TO: ", NULL, NULL},
	    {"TO", NULL, NULL},
	    {"", NULL, NULL},
	    {"TO <a@b>", NULL, NULL},
	    {"FROM:<a@b>", NULL, NULL},
	    {"TO:<a@b", NULL, NULL},
	    {"TO:<\"a@b>", NULL, NULL},
	    {"TO:\"a b@c", NULL, NULL},
	    {"TO:<a@b>NOTIFY=NEVER", NULL, NULL},
	    {"TO:<a@b\\", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char path[SMTP_PATH_MAX];
		char argument[64];
		char *parameters;
		int result;

		strlcpy(argument, cases[i].argument, sizeof argument);
		result = smtp_command_path(argument, "TO", path, &parameters);
		if ((result == 0) != (cases[i].path != NULL))
			fail_msg("%s: %d", cases[i].argument, result);
		if (result < 0)
			continue;
		assert_string_equal(path, cases[i].path);
		assert_string_equal(parameters, cases[i].parameters);
	}
}

/* With the brackets it must fit. */
static void
long_paths(void **state)
{
	char argument[SMTP_PATH_MAX + 16] = "TO:";
	char path[SMTP_PATH_MAX];
	char *parameters;

	(void)state;
	memset(argument + 3, 'a', SMTP_PATH_MAX - 3);
	assert_int_equal(smtp_command_path(argument, "TO", path, &parameters), 0);
	assert_int_equal(strlen(path), SMTP_PATH_MAX - 1);
	argument[SMTP_PATH_MAX] = 'a';
	assert_int_equal(smtp_command_path(argument, "TO", path, &parameters), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verbs),
	    cmocka_unit_test(paths),
	    cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
