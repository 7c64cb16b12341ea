/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/received.h"

static void
field(void **state)
{
	char *text;

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	text = received_format("web1.example.com", 1000, "0651A2B3C4D5", 1795327980);
	assert_string_equal(text, "Received: by web1.example.com (Postoak, from userid 1000)\r\n"
				  "\tid 0651A2B3C4D5; Sun, 22 Nov 2026 06:13:00 +0000\r\n");
	assert_int_equal(received_count(text, strlen(text)), 1);
	free(text);
}

static void
count(void **state)
{
	static const char block[] = "Received: from a\r\n\tby b\r\nX-Received: c\r\n"
				    "RECEIVED : d\r\nSubject: Received:\r\n Received: e\r\n";

	(void)state;
	assert_int_equal(received_count(block, strlen(block)), 2);
	assert_int_equal(received_count("", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(field),
	    cmocka_unit_test(count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
