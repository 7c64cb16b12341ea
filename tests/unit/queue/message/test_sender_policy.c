/* SPDX-License-Identifier: ISC */
#include "queue/message/sender_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include <bsd/string.h>

/* Nobody has this number, so his name is made of it. */
#define UID 3999999999U
#define NAME "uid3999999999"

static char hostname[] = "web1.example.com";
static char mail_name[] = "example.com";

static struct config
config_with(enum untrusted_sender untrusted, char *const *trusted, size_t count)
{
	static char *items[4];

	for (size_t i = 0; i < count; i++)
		items[i] = trusted[i];
	return (struct config){.hostname = hostname,
	    .mail_name = mail_name,
	    .untrusted_sender = untrusted,
	    .trusted_users = {items, count}};
}

static int
collect(void *context, const char *data, size_t length, struct error *error)
{
	char *text = context;

	(void)error;
	(void)snprintf(text + strlen(text), 4096 - strlen(text), "%.*s", (int)length, data);
	return 0;
}

static int
apply(const struct config *config, uid_t uid, const char *sender, const char *header,
    char out[4096], struct error *error)
{
	const struct sender_claim claim = {.config = config, .uid = uid, .sender = sender};

	out[0] = '\0';
	*error = (struct error){0};
	return sender_policy_apply(&claim, header, strlen(header), collect, out, error);
}

static void
test_who_may_send_as_whom(void **state)
{
	static const struct {
		const char *sender;
		bool own;
	} cases[] = {
	    {NAME "@example.com", true},
	    {"UID3999999999@EXAMPLE.com", true},
	    {NAME "@web1.example.com", true},
	    {"", true},
	    {NAME "@example.org", false},
	    {NAME "@sub.example.com", false},
	    {"uid399999999@example.com", false},
	    {"x" NAME "@example.com", false},
	    {NAME "x@example.com", false},
	    {"root@example.com", false},
	    {NAME, false},
	};
	static const char header[] = "Subject: x\r\n";
	struct config config = config_with(UNTRUSTED_REJECT, NULL, 0);
	struct error error;
	char out[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		config.untrusted_sender = UNTRUSTED_REJECT;
		if (apply(&config, UID, cases[i].sender, header, out, &error) !=
		    (cases[i].own ? 0 : -1))
			fail_msg("%s", cases[i].sender);
		assert_string_equal(out, cases[i].own ? header : "");
		assert_int_equal(error.status, cases[i].own ? 0 : EX_NOPERM);
		config.untrusted_sender = UNTRUSTED_WARN;
		assert_int_equal(apply(&config, UID, cases[i].sender, header, out, &error), 0);
		assert_int_equal(strcmp(out, header) == 0, cases[i].own);
		config.untrusted_sender = UNTRUSTED_ACCEPT;
		assert_int_equal(apply(&config, UID, cases[i].sender, header, out, &error), 0);
		assert_string_equal(out, header);
	}
}

static void
test_warning(void **state)
{
	const struct config config = config_with(UNTRUSTED_WARN, NULL, 0);
	struct error error;
	char out[4096];

	(void)state;
	assert_int_equal(apply(&config, UID, "ceo@example.com", "To: a@b\r\n", out, &error), 0);
	assert_string_equal(out, "X-Authentication-Warning: web1.example.com: " NAME
				 " set sender to ceo@example.com using -f\r\nTo: a@b\r\n");
}

static void
test_forged_warnings_are_left_out(void **state)
{
	static const char header[] = "x-authentication-WARNING : a\r\nTo: a@b\r\n"
				     "X-Authentication-Warning: b\r\n\tfolded\r\n"
				     "X-Authentication-Warning:\r\nX-Authentication: kept\r\n"
				     "X-Authentication-Warning: c\r\n";
	static const char clean[] = "To: a@b\r\nX-Authentication: kept\r\n";
	struct config config = config_with(UNTRUSTED_WARN, NULL, 0);
	struct error error;
	char out[4096];

	(void)state;
	assert_int_equal(apply(&config, UID, "", header, out, &error), 0);
	assert_string_equal(out, clean);
	assert_int_equal(apply(&config, UID, "ceo@example.com", header, out, &error), 0);
	assert_string_equal(strchr(out, '\n') + 1, clean);
	/* The policy has nothing to say of them. */
	config.untrusted_sender = UNTRUSTED_REJECT;
	assert_int_equal(apply(&config, UID, "", header, out, &error), 0);
	assert_string_equal(out, header);
}

static void
test_trusted_users(void **state)
{
	static char root[] = "root";
	static char number[] = "3999999999";
	static char nobody[] = "no-such-user";
	static char garbage[] = "4294967295";
	char *const by_name[] = {nobody, root};
	char *const by_number[] = {garbage, number};
	static const char header[] = "X-Authentication-Warning: mine\r\n";
	struct config config = config_with(UNTRUSTED_REJECT, by_name, 2);
	struct error error;
	char out[4096];

	(void)state;
	assert_int_equal(apply(&config, 0, "ceo@example.com", header, out, &error), 0);
	assert_string_equal(out, header);
	assert_int_equal(apply(&config, UID, "ceo@example.com", header, out, &error), -1);
	config = config_with(UNTRUSTED_WARN, by_number, 2);
	assert_int_equal(apply(&config, UID, "ceo@example.com", header, out, &error), 0);
	assert_string_equal(out, header);
	assert_int_equal(apply(&config, 0, "ceo@example.com", header, out, &error), 0);
	assert_string_not_equal(out, header);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_may_send_as_whom),
	    cmocka_unit_test(test_warning),
	    cmocka_unit_test(test_forged_warnings_are_left_out),
	    cmocka_unit_test(test_trusted_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
