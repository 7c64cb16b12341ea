/* SPDX-License-Identifier: ISC */
#include "sendmail/complete.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DATE "Date: Sun, 22 Nov 2026 06:13:00 +0000\r\n"
#define FROM "From: Charlie Root <root@example.com>\r\n"
#define ID "Message-ID: <u@web1.example.com>\r\n"
#define GOOD "Date: x\r\nFrom: a@x\r\nMessage-ID: <m>\r\n"

static const struct completion plain = {
    .sender = "root@example.com",
    .full_name = "Charlie Root",
    .hostname = "web1.example.com",
    .mail_name = "example.com",
    .unique = "u",
    .now = 1795327980,
};

static void
expect(const struct completion *completion, const char *header, const char *expected)
{
	size_t length;
	char *completed = complete_header(completion, header, strlen(header), &length);

	assert_non_null(completed);
	assert_string_equal(completed, expected);
	assert_int_equal(length, strlen(expected));
	free(completed);
}

static void
test_missing_fields_are_added(void **state)
{
	(void)state;
	expect(&plain, "", DATE FROM ID "To: undisclosed-recipients:;\r\n");
	expect(&plain, "Subject: x\r\nTo: b@x\r\n", "Subject: x\r\nTo: b@x\r\n" DATE FROM ID);
	expect(&plain, "CC: b@x\r\n" GOOD, "CC: b@x\r\n" GOOD);
	/* Empty ones are as good as missing. */
	expect(&plain, "date:\r\nFrom: \r\n\t\r\nMessage-Id:  \r\nTo: b@x\r\n",
	    "To: b@x\r\n" DATE FROM ID);
}

static void
test_private_fields_are_taken_out(void **state)
{
	(void)state;
	expect(&plain,
	    "bcc: c@x,\r\n d@x\r\nTo: b@x\r\nBCC : e@x\r\nReturn-Path: <z@x>\r\n"
	    "Content-Length: 3\r\n" GOOD,
	    "To: b@x\r\n" GOOD);
	/* What remains must still name somebody. */
	expect(&plain, "Bcc: c@x\r\n" GOOD, GOOD "To: undisclosed-recipients:;\r\n");
}

static void
test_from(void **state)
{
	struct completion completion = plain;
	const char *header = "Date: x\r\nMessage-ID: <m>\r\nTo: b@x\r\n";

	(void)state;
	completion.full_name = "";
	expect(&completion, header,
	    "Date: x\r\nMessage-ID: <m>\r\nTo: b@x\r\nFrom: root@example.com\r\n");
	completion.full_name = "Root, C.";
	expect(&completion, header,
	    "Date: x\r\nMessage-ID: <m>\r\nTo: b@x\r\nFrom: \"Root, C.\" <root@example.com>\r\n");
	completion.sender = "";
	expect(&completion, header,
	    "Date: x\r\nMessage-ID: <m>\r\nTo: b@x\r\n"
	    "From: Mail Delivery System <MAILER-DAEMON@example.com>\r\n");
}

static void
test_resent(void **state)
{
	(void)state;
	expect(&plain, "Resent-To: c@x\r\nResent-Bcc: d@x\r\nTo: b@x\r\n" GOOD,
	    "Resent-" DATE "Resent-" FROM "Resent-Message-ID: <u.resent@web1.example.com>\r\n"
	    "Resent-To: c@x\r\nTo: b@x\r\n" GOOD);
	expect(&plain,
	    "Resent-Date: y\r\nResent-From: e@x\r\nResent-Message-ID: <r>\r\nResent-To: c\r\n" GOOD,
	    "Resent-Date: y\r\nResent-From: e@x\r\nResent-Message-ID: <r>\r\n"
	    "Resent-To: c@example.com\r\n" GOOD);
}

static void
test_bare_addresses(void **state)
{
	static const struct {
		const char *given;
		const char *expected;
	} cases[] = {
	    {" root", " root@example.com"},
	    {"root", "root@example.com"},
	    {" root (Cron Daemon)", " root@example.com (Cron Daemon)"},
	    {" \"(Cron Daemon)\" <root>", " \"(Cron Daemon)\" <root@example.com>"},
	    {" mdadm monitoring <root>", " mdadm monitoring <root@example.com>"},
	    {" john.doe , b@x", " john.doe@example.com , b@x"},
	    {" \"Doe, J\" <a@x>, grp: b, c@x;,\r\n\td (x, y) ",
		" \"Doe, J\" <a@x>, grp: b@example.com, c@x;,\r\n\td@example.com (x, y) "},
	    {" \"a b\"", " \"a b\"@example.com"},
	    {" < root\r\n >", " < root@example.com\r\n >"},
	    {" \xc3\xa9 <\xc3\xa9>", " \xc3\xa9 <\xc3\xa9@example.com>"},
	    /* Nothing to complete. */
	    {" a@x", " a@x"},
	    {" A B <a@x> (c), \"d\"@x", " A B <a@x> (c), \"d\"@x"},
	    {" <@r,@s:e@x>", " <@r,@s:e@x>"},
	    {" <>", " <>"},
	    {" undisclosed-recipients:;", " undisclosed-recipients:;"},
	    {" a@[127.0.0.1]", " a@[127.0.0.1]"},
	    {" a @ x . org", " a @ x . org"},
	    {" ,, ", " ,, "},
	    /* Not understood. */
	    {" no address", " no address"},
	    {" \"open", " \"open"},
	    {" (open root", " (open root"},
	    {" <root", " <root"},
	    {" root\\\r\n x", " root\\\r\n x"},
	    {" root\\\r\n ", " root\\\r\n "},
	};
	static const char *const names[] = {"To", "cc", "Sender", "Reply-To"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
			char given[512];
			char expected[512];

			snprintf(given, sizeof given, "%s:%s\r\nTo: b@x\r\n" GOOD, names[n],
			    cases[i].given);
			snprintf(expected, sizeof expected, "%s:%s\r\nTo: b@x\r\n" GOOD, names[n],
			    cases[i].expected);
			expect(&plain, given, expected);
		}
	}
}

static void
test_space_before_the_colon_goes(void **state)
{
	(void)state;
	expect(&plain, "To : root\r\nX-Odd \t: a : b\r\n c : d\r\n" GOOD,
	    "To: root@example.com\r\nX-Odd: a : b\r\n c : d\r\n" GOOD);
}

static void
test_everything_else_stays(void **state)
{
	static const char header[] = "X-Odd:  value \r\n with\ttab \r\nSubject: root\r\n"
				     "Subject: \xe9\xff\r\nTo: b@x\r\n" GOOD;

	(void)state;
	expect(&plain, header, header);
}

static void
test_gateway(void **state)
{
	struct completion completion = plain;

	(void)state;
	completion.strip_only = true;
	expect(&completion, "Bcc: c@x\r\nFrom:\r\nTo: root\r\nResent-To: x\r\n",
	    "From:\r\nTo: root\r\nResent-To: x\r\n");
	expect(&completion, "X\t: a\r\nBcc : c@x\r\n", "X: a\r\n");
	expect(&completion, "", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_missing_fields_are_added),
	    cmocka_unit_test(test_private_fields_are_taken_out),
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_resent),
	    cmocka_unit_test(test_bare_addresses),
	    cmocka_unit_test(test_space_before_the_colon_goes),
	    cmocka_unit_test(test_everything_else_stays),
	    cmocka_unit_test(test_gateway),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
