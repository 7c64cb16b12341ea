/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_parameter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include <cmocka.h>

/* The code of the refusal, "" for none. */
static void
expect_code(const char *text, const char *refusal, const char *code)
{
	char seen[4] = "";

	if (refusal != NULL)
		strlcpy(seen, refusal, sizeof seen);
	if (strcmp(seen, code) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, seen, code);
}

static void
of_mail(void **state)
{
	static const struct {
		const char *text;
		const char *code;
		struct smtp_mail_parameters expected;
	} cases[] = {
	    {"", "", {0}},
	    {"SIZE=12345", "", {.size = 12345}},
	    {"SIZE=99999999999999999999", "", {.size = UINT64_MAX}},
	    {"SIZE=999999999999999999999", "501", {0}},
	    {"SIZE=", "501", {0}},
	    {"SIZE", "501", {0}},
	    {"SIZE=-1", "501", {0}},
	    {"SIZE=0x10", "501", {0}},
	    {"SIZE=1 size=2", "", {.size = 2}},
	    {"BODY=8BITMIME", "", {0}},
	    {"body=7bit  SMTPUTF8", "", {.smtputf8 = true}},
	    {"BODY=BINARYMIME", "501", {0}},
	    {"BODY", "501", {0}},
	    {"SMTPUTF8=yes", "501", {0}},
	    {"RET=full", "", {.ret = RET_FULL}},
	    {"RET=HDRS\tENVID=x+20y", "", {.ret = RET_HDRS, .envelope_id = "x+20y"}},
	    {"RET=BODY", "501", {0}},
	    {"RET=FULL RET=BODY", "501", {0}},
	    {"RET", "501", {0}},
	    {"ENVID=", "501", {0}},
	    {"ENVID=a=b", "501", {0}},
	    {"ENVID=a+2", "501", {0}},
	    {"AUTH=<>", "555", {0}},
	    {"NOTIFY=NEVER", "555", {0}},
	    {"=", "555", {0}},
	    {"SIZE =3", "501", {0}},
	    {"<b@c>", "555", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct smtp_mail_parameters *expected = &cases[i].expected;
		struct smtp_mail_parameters parameters;
		const char *refusal;
		char text[128];

		strlcpy(text, cases[i].text, sizeof text);
		refusal = smtp_parameter_mail(text, &parameters);
		expect_code(cases[i].text, refusal, cases[i].code);
		if (refusal != NULL)
			continue;
		assert_true(parameters.size == expected->size);
		assert_int_equal(parameters.smtputf8, expected->smtputf8);
		assert_int_equal(parameters.ret, expected->ret);
		assert_int_equal(parameters.envelope_id != NULL, expected->envelope_id != NULL);
		if (expected->envelope_id != NULL)
			assert_string_equal(parameters.envelope_id, expected->envelope_id);
	}
}

static void
of_rcpt(void **state)
{
	static const struct {
		const char *text;
		const char *code;
		struct smtp_rcpt_parameters expected;
	} cases[] = {
	    {"", "", {0}},
	    {"NOTIFY=NEVER", "", {.notify = NOTIFY_NEVER}},
	    {"notify=Delay,FAILURE", "", {.notify = NOTIFY_DELAY | NOTIFY_FAILURE}},
	    {"NOTIFY=NEVER,DELAY", "501", {0}},
	    {"NOTIFY=DELAY,DELAY", "501", {0}},
	    {"NOTIFY=", "501", {0}},
	    {"NOTIFY", "501", {0}},
	    {"NOTIFY=SUCCESS,", "501", {0}},
	    {"ORCPT=rfc822;a+2Bb@c", "", {.orcpt = "rfc822;a+2Bb@c"}},
	    {"ORCPT=utf-8;\xc3\xa9@c", "", {.orcpt = "utf-8;\xc3\xa9@c"}},
	    {"ORCPT=utf-8;\xc3@c", "501", {0}},
	    {"ORCPT=a@c", "501", {0}},
	    {"ORCPT=rfc822;", "501", {0}},
	    {"ORCPT", "501", {0}},
	    {"SIZE=3", "555", {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct smtp_rcpt_parameters *expected = &cases[i].expected;
		struct smtp_rcpt_parameters parameters;
		const char *refusal;
		char text[128];

		strlcpy(text, cases[i].text, sizeof text);
		refusal = smtp_parameter_rcpt(text, &parameters);
		expect_code(cases[i].text, refusal, cases[i].code);
		if (refusal != NULL)
			continue;
		assert_int_equal(parameters.notify, expected->notify);
		assert_int_equal(parameters.orcpt != NULL, expected->orcpt != NULL);
		if (expected->orcpt != NULL)
			assert_string_equal(parameters.orcpt, expected->orcpt);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_mail),
	    cmocka_unit_test(of_rcpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
