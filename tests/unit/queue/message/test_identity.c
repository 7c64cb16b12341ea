/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/identity.h"

#define FROM "alerts@contoso.com"

static char hostname[] = "web1.example.com";
static char mail_name[] = "example.com";
static char from[] = FROM;
static struct config config;
static struct config_profile profile;

static int
reset(void **state)
{
	(void)state;
	config = (struct config){.hostname = hostname, .mail_name = mail_name};
	profile = (struct config_profile){.from = from, .rewrite_from = REWRITE_LOCAL};
	return 0;
}

static void
sender_becomes(const char *sender, const char *expected)
{
	char *result = identity_sender(&config, &profile, sender);

	assert_string_equal(result, expected);
	free(result);
}

/* Rewrite `header` and expect `expected`. */
static void
becomes(const char *header, const char *expected)
{
	struct identity identity;

	assert_int_equal(identity_rewrite(&config, &profile, "root@example.com", "www-data", header,
			     strlen(header), &identity),
	    0);
	assert_int_equal(identity.length, strlen(expected));
	assert_string_equal(identity.header, expected);
	identity_free(&identity);
}

static void
stays(const char *header)
{
	becomes(header, header);
}

static void
envelope_senders(void **state)
{
	(void)state;
	sender_becomes("root", FROM);
	sender_becomes("root@localhost", FROM);
	sender_becomes("root@web1", FROM);
	sender_becomes("root@WEB1.example.com", FROM);
	sender_becomes("joe@example.com", "joe@example.com");
	sender_becomes("", "");
	profile.null_sender_rewrite = true;
	sender_becomes("", FROM);
	profile.rewrite_from = REWRITE_ALWAYS;
	sender_becomes("joe@example.com", FROM);
	sender_becomes("alerts@CONTOSO.com", "alerts@CONTOSO.com");
	profile.rewrite_from = REWRITE_NEVER;
	sender_becomes("root", "root");
	profile.from = NULL;
	profile.rewrite_from = REWRITE_ALWAYS;
	sender_becomes("root", "root");
	sender_becomes("", "");
}

static void
local_authors(void **state)
{
	(void)state;
	becomes("Subject: a\r\nFrom: root (Cron Daemon)\r\nTo: b@x\r\n",
	    "X-Original-From: root (Cron Daemon)\r\n"
	    "Subject: a\r\nFrom: Cron Daemon <" FROM ">\r\nTo: b@x\r\n");
	becomes("From: mdadm monitoring <root>\r\n", "X-Original-From: mdadm monitoring <root>\r\n"
						     "From: mdadm monitoring <" FROM ">\r\n");
	becomes("from : www-data@web1.example.com\r\n",
	    "X-Original-From: www-data@web1.example.com\r\nFrom: " FROM "\r\n");
	becomes(
	    "From: root@localhost\r\n", "X-Original-From: root@localhost\r\nFrom: " FROM "\r\n");
	stays("From: Joe <joe@example.com>\r\nSubject: a\r\n");
	stays("Subject: a\r\n");
	stays("");
}

static void
always_and_never(void **state)
{
	(void)state;
	profile.rewrite_from = REWRITE_ALWAYS;
	becomes("From: Joe <joe@example.com>\r\n", "X-Original-From: Joe <joe@example.com>\r\n"
						   "Reply-To: Joe <joe@example.com>\r\n"
						   "From: Joe <" FROM ">\r\n");
	stays("From: \"X\"   <" FROM ">\r\n");
	profile.rewrite_from = REWRITE_NEVER;
	stays("From: root\r\n");
	profile.rewrite_from = REWRITE_ALWAYS;
	profile.from = NULL;
	stays("From: root\r\n");
}

static void
display_names_are_kept(void **state)
{
	(void)state;
	becomes("From: =?UTF-8?Q?J=C3=BCrgen?=\r\n B. <root>\r\n",
	    "X-Original-From: =?UTF-8?Q?J=C3=BCrgen?=\r\n B. <root>\r\n"
	    "From: =?UTF-8?Q?J=C3=BCrgen?= \"B.\" <" FROM ">\r\n");
	becomes("From: \"Doe, J\"\r\n\t<root>\r\n",
	    "X-Original-From: \"Doe, J\"\r\n\t<root>\r\nFrom: \"Doe, J\" <" FROM ">\r\n");
	becomes("From: J\xc3\xbcrgen <root>\r\n", "X-Original-From: J\xc3\xbcrgen <root>\r\n"
						  "From: =?UTF-8?Q?J=C3=BCrgen?= <" FROM ">\r\n");
}

static void
several_authors(void **state)
{
	(void)state;
	/* Only local ones are replaced, and twice the same address is once. */
	becomes("From: A <a@x.example>, root, B <joe@localhost>\r\n",
	    "X-Original-From: A <a@x.example>, root, B <joe@localhost>\r\n"
	    "Sender: " FROM "\r\n"
	    "From: A <a@x.example>, " FROM "\r\n");
	becomes("From: root, A <a@x.example>\r\nSender: s@x.example\r\n",
	    "X-Original-From: root, A <a@x.example>\r\n"
	    "From: " FROM ", A <a@x.example>\r\nSender: s@x.example\r\n");
	becomes("From: root, Alerts <" FROM ">\r\n",
	    "X-Original-From: root, Alerts <" FROM ">\r\nFrom: " FROM "\r\n");
	profile.rewrite_from = REWRITE_ALWAYS;
	becomes("From: Team: A <a@x.example>, root, B <b@y.example>;\r\n",
	    "X-Original-From: Team: A <a@x.example>, root, B <b@y.example>;\r\n"
	    "Reply-To: A <a@x.example>, B <b@y.example>\r\n"
	    "From: A <" FROM ">\r\n");
}

static void
unreadable_authors_count_as_local(void **state)
{
	(void)state;
	becomes("From: \"open <a@x.example>\r\n",
	    "X-Original-From: \"open <a@x.example>\r\nFrom: " FROM "\r\n");
	becomes("From:\r\n", "X-Original-From:\r\nFrom: " FROM "\r\n");
	becomes("From: nobody:;\r\n", "X-Original-From: nobody:;\r\nFrom: " FROM "\r\n");
	becomes("From: <>\r\n", "X-Original-From: <>\r\nFrom: " FROM "\r\n");
}

static void
reply_only_where_people_can(void **state)
{
	static const char *const private[] = {"root", "a@localhost", "a@web1.example.com",
	    "a@box.local", "a@x.localdomain", "a@x.internal", "a@x.lan", "a@x.home.arpa",
	    "a@[192.0.2.1]", "a@intranet"};
	struct identity identity;
	char header[128];

	(void)state;
	profile.rewrite_from = REWRITE_ALWAYS;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		int length = snprintf(header, sizeof(header), "From: %s\r\n", private[i]);

		assert_int_equal(
		    identity_rewrite(&config, &profile, "", "0", header, (size_t)length, &identity),
		    0);
		assert_string_equal(identity.from, FROM);
		assert_null(identity.reply_to);
		assert_null(strstr(identity.header, "Reply-To"));
		identity_free(&identity);
	}
	becomes("From: a@x.example\r\nREPLY-TO: b@x\r\n",
	    "X-Original-From: a@x.example\r\nFrom: " FROM "\r\nREPLY-TO: b@x\r\n");
}

static void
a_submitters_original_from_stays_below_ours(void **state)
{
	(void)state;
	becomes("X-Original-From:  forged@x\r\nFrom: root\r\n",
	    "X-Original-From: root\r\nX-Original-From:  forged@x\r\nFrom: " FROM "\r\n");
}

static void
everything_else_octet_for_octet(void **state)
{
	(void)state;
	becomes(
	    "Received: a\r\n\tb\r\nFrom: root\r\nX-\xff: no field\r\nSubject :\t\xe9 \r\n  \r\n",
	    "X-Original-From: root\r\n"
	    "Received: a\r\n\tb\r\nFrom: " FROM "\r\nX-\xff: no field\r\n"
	    "Subject :\t\xe9 \r\n  \r\n");
}

static void
reply_to_is(const char *template, const char *sender, const char *user, const char *expected)
{
	static const char header[] = "From: joe@example.com\r\n";
	struct identity identity;
	char copy[256];

	snprintf(copy, sizeof(copy), "%s", template);
	profile.reply_to = copy;
	assert_int_equal(
	    identity_rewrite(&config, &profile, sender, user, header, strlen(header), &identity),
	    0);
	snprintf(
	    copy, sizeof(copy), "Reply-To: %s\r\n%s", expected == NULL ? "" : expected, header);
	assert_string_equal(identity.header, expected == NULL ? header : copy);
	identity_free(&identity);
}

static void
reply_to_template(void **state)
{
	(void)state;
	reply_to_is("helpdesk+{user}@contoso.com", "", "www-data", "helpdesk+www-data@contoso.com");
	reply_to_is("{sender}", "joe@example.com", "joe", "joe@example.com");
	reply_to_is("{sender}", "", "joe", NULL);
	reply_to_is("{sender}", "joe", "joe", NULL);
	reply_to_is("Help on {hostname} <help@contoso.com>", "", "0",
	    "\"Help on web1.example.com\" <help@contoso.com>");
	reply_to_is("{what}@contoso.com", "", "0", "{what}@contoso.com");
	/* Nothing that is put in can end the field or break the address. */
	reply_to_is(
	    "h+{user}@contoso.com", "", "CORP\\joe doe@corp", "h+CORP_joe_doe_corp@contoso.com");
	reply_to_is("h+{user}@contoso.com", "", "a\r\nBcc: b@x", "h+a__Bcc__b_x@contoso.com");
	reply_to_is("{sender}", "\"a\r\nBcc: b\"@x.example", "joe", "\"aBcc: b\"@x.example");
	reply_to_is("help+{sender}@contoso.com", "a@b", "joe", NULL);
	profile.reply_to = (char[]){"help@contoso.com"};
	stays("From: joe@example.com\r\nReply-To: a@x\r\n");
}

static void
template_yields_to_the_author(void **state)
{
	static char template[] = "help@contoso.com";

	(void)state;
	profile.reply_to = template;
	profile.rewrite_from = REWRITE_ALWAYS;
	becomes("From: a@x.example\r\n",
	    "X-Original-From: a@x.example\r\nReply-To: a@x.example\r\nFrom: " FROM "\r\n");
	becomes("From: root\r\n",
	    "X-Original-From: root\r\nReply-To: help@contoso.com\r\nFrom: " FROM "\r\n");
}

static void
what_the_log_is_told(void **state)
{
	static const char header[] = "From: A <a@x.example>, b@y.example\r\nReply-To: R <r@x>\r\n";
	struct identity identity;

	(void)state;
	assert_int_equal(
	    identity_rewrite(&config, &profile, "", "0", header, strlen(header), &identity), 0);
	assert_string_equal(identity.from, "a@x.example, b@y.example");
	assert_string_equal(identity.reply_to, "r@x");
	identity_free(&identity);
	assert_int_equal(
	    identity_rewrite(&config, &profile, "", "0", "Reply-To: a@@b\r\n", 16, &identity), 0);
	assert_null(identity.from);
	assert_string_equal(identity.reply_to, "a@@b");
	identity_free(&identity);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(envelope_senders, reset),
	    cmocka_unit_test_setup(local_authors, reset),
	    cmocka_unit_test_setup(always_and_never, reset),
	    cmocka_unit_test_setup(display_names_are_kept, reset),
	    cmocka_unit_test_setup(several_authors, reset),
	    cmocka_unit_test_setup(unreadable_authors_count_as_local, reset),
	    cmocka_unit_test_setup(reply_only_where_people_can, reset),
	    cmocka_unit_test_setup(a_submitters_original_from_stays_below_ours, reset),
	    cmocka_unit_test_setup(everything_else_octet_for_octet, reset),
	    cmocka_unit_test_setup(reply_to_template, reset),
	    cmocka_unit_test_setup(template_yields_to_the_author, reset),
	    cmocka_unit_test_setup(what_the_log_is_told, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
