/* SPDX-License-Identifier: ISC */
#include "sendmail/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

static char mail_name[] = "example.com";
static const struct config config = {.mail_name = mail_name};

static void
test_given_address(void **state)
{
	static const struct {
		const char *given;
		const char *expected; /* null: refused */
	} cases[] = {
	    {"", ""},
	    {"<>", ""},
	    {"a@x", "a@x"},
	    {"<a@x>", "a@x"},
	    {"Name <a@x>", "a@x"},
	    {"root", "root@example.com"},
	    {"a@x, b@x", NULL},
	    {"a@x\r\nRCPT TO:<b@x>", NULL},
	    {"a\x01@x", NULL},
	    {"a@x\r\n", NULL},
	    {"a\t@x", NULL},
	    {"<@y,@z:a@x>", "a@x"},
	    {"\xc3\xa9@x", "\xc3\xa9@x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error error = {0};
		char *address = sender_address(&config, cases[i].given, &error);

		if (cases[i].expected == NULL) {
			assert_null(address);
			assert_int_equal(error.status, EX_USAGE);
		} else {
			assert_non_null(address);
			assert_string_equal(address, cases[i].expected);
		}
		free(address);
	}
}

static void
test_gecos(void **state)
{
	static const struct {
		const char *gecos;
		const char *expected;
	} cases[] = {
	    {"Joe Doe,Room 1,555", "Joe Doe"},
	    {"& Doe", "Joe Doe"},
	    {"", NULL},
	    {",,,", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *name = sender_gecos_name(cases[i].gecos, "joe");

		if (cases[i].expected == NULL)
			assert_null(name);
		else
			assert_string_equal(name, cases[i].expected);
		free(name);
	}
}

static void
test_full_name(void **state)
{
	char long_name[600];
	char *name;

	(void)state;
	setenv("NAME", "From Environment", 1);
	name = sender_full_name("Given");
	assert_string_equal(name, "Given");
	free(name);
	name = sender_full_name(NULL);
	assert_string_equal(name, "From Environment");
	free(name);
	assert_null(sender_full_name(""));

	name = sender_full_name("a\r\nBcc: b@x");
	assert_string_equal(name, "a  Bcc: b@x");
	free(name);

	/* Cut between characters. */
	memset(long_name, 'x', sizeof long_name);
	memcpy(long_name + 199, "\xc3\xa9", 2);
	long_name[sizeof long_name - 1] = '\0';
	name = sender_full_name(long_name);
	assert_int_equal(strlen(name), 199);
	free(name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_given_address),
	    cmocka_unit_test(test_gecos),
	    cmocka_unit_test(test_full_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
