/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "queue/delivery/parameters.h"

static const struct hello nothing = {.extensions = 0};
static const struct hello everything = {.extensions = ~0u};

static void
mail_says_what_the_relay_knows(void **state)
{
	struct envelope envelope = {
	    .eight_bit = true, .smtputf8 = true, .ret = RET_HDRS, .envid = (char[]){"id+2B"}};
	char line[PARAMETERS_LINE_MAX];

	(void)state;
	assert_int_equal(parameters_mail(&nothing, &envelope, "a@b", false, 123, line), 0);
	assert_string_equal(line, "MAIL FROM:<a@b>");
	assert_int_equal(parameters_mail(&everything, &envelope, "", false, 123, line), 0);
	assert_string_equal(
	    line, "MAIL FROM:<> SIZE=123 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=id+2B");
	envelope = (struct envelope){.ret = RET_FULL};
	assert_int_equal(parameters_mail(&everything, &envelope, "a@b", false, 1, line), 0);
	assert_string_equal(line, "MAIL FROM:<a@b> SIZE=1 RET=FULL");
	envelope.ret = RET_UNSET;
	assert_int_equal(parameters_mail(&everything, &envelope, "a@b", true, 1, line), 0);
	assert_string_equal(line, "MAIL FROM:<a@b> SIZE=1 SMTPUTF8");
}

static void
rcpt_carries_dsn_only_where_offered(void **state)
{
	char line[PARAMETERS_LINE_MAX];
	unsigned all = NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY;

	(void)state;
	assert_int_equal(parameters_rcpt(&nothing, "a@b", all, "rfc822;a@b", line), 0);
	assert_string_equal(line, "RCPT TO:<a@b>");
	assert_int_equal(parameters_rcpt(&everything, "a@b", all, "rfc822;a@b", line), 0);
	assert_string_equal(line, "RCPT TO:<a@b> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;a@b");
	assert_int_equal(parameters_rcpt(&everything, "a@b", NOTIFY_DELAY, NULL, line), 0);
	assert_string_equal(line, "RCPT TO:<a@b> NOTIFY=DELAY");
	assert_int_equal(parameters_rcpt(&everything, "a@b", NOTIFY_NEVER | all, NULL, line), 0);
	assert_string_equal(line, "RCPT TO:<a@b> NOTIFY=NEVER");
	assert_int_equal(parameters_rcpt(&everything, "a@b", 0, NULL, line), 0);
	assert_string_equal(line, "RCPT TO:<a@b>");
}

static void
values_cannot_become_commands(void **state)
{
	struct envelope envelope = {.envid = (char[]){"x\r\nRSET"}};
	char line[PARAMETERS_LINE_MAX];

	(void)state;
	assert_int_equal(parameters_rcpt(&everything, "a@b", 0, "rfc822;a b", line), 0);
	assert_string_equal(line, "RCPT TO:<a@b>");
	assert_int_equal(parameters_rcpt(&everything, "a@b", 0, "rfc822;a\r\nDATA", line), 0);
	assert_string_equal(line, "RCPT TO:<a@b>");
	assert_int_equal(parameters_mail(&everything, &envelope, "a@b", false, 1, line), 0);
	assert_string_equal(line, "MAIL FROM:<a@b> SIZE=1");
}

static void
what_does_not_fit_is_refused(void **state)
{
	char line[PARAMETERS_LINE_MAX];
	char address[PARAMETERS_LINE_MAX + 100];

	(void)state;
	memset(address, 'a', sizeof(address) - 1);
	address[sizeof(address) - 1] = '\0';
	assert_int_equal(parameters_rcpt(&everything, address, 0, NULL, line), -1);
	assert_int_equal(parameters_rcpt(&everything, "a@b", 0, address, line), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mail_says_what_the_relay_knows),
	    cmocka_unit_test(rcpt_carries_dsn_only_where_offered),
	    cmocka_unit_test(values_cannot_become_commands),
	    cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
