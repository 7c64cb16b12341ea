/* SPDX-License-Identifier: ISC */
#include "sendmail/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

/* Compare with `expected`, addresses separated by spaces. */
static void
expect(const char *header, const char *expected)
{
	struct address_list list = {0};
	char joined[512] = "";
	struct error error;

	assert_int_equal(extract_recipients(header, strlen(header), &list, &error), 0);
	for (size_t i = 0; i < list.count; i++) {
		if (i > 0)
			strcat(joined, " ");
		strcat(joined, list.items[i].address);
	}
	assert_string_equal(joined, expected);
	address_list_free(&list);
}

static void
test_fields(void **state)
{
	(void)state;
	expect("To: a@x\r\nTO: b@x,\r\n \"C, D\" <c@x>\r\nCc : d@x\r\nbcc: e\r\nFrom: f@x\r\n"
	       "Reply-To: g@x\r\n",
	    "a@x b@x c@x d@x e");
	expect("To: undisclosed-recipients:;\r\nCc:\r\nBcc: grp: a@x, b@x;\r\n", "a@x b@x");
	expect("Subject: x\r\n", "");
}

static void
test_resent(void **state)
{
	(void)state;
	expect("Resent-To: r@x\r\nTo: a@x\r\nResent-Bcc: s@x\r\nBcc: b@x\r\n", "r@x s@x");
	expect("Resent-From: r@x\r\nTo: a@x\r\n", "a@x");
}

static void
test_bad_address(void **state)
{
	static const char header[] = "To: a@x\r\nCc: b@x, c@x@y\r\n";
	struct address_list list = {0};
	struct error error;

	(void)state;
	assert_int_equal(extract_recipients(header, strlen(header), &list, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	assert_non_null(strstr(error.text, "Cc: "));
	assert_non_null(strstr(error.text, "c@x@y"));
	address_list_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_resent),
	    cmocka_unit_test(test_bad_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
