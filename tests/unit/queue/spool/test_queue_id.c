/* SPDX-License-Identifier: ISC */
#include "queue/spool/queue_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void
text_and_back(void **state)
{
	char text[QUEUE_ID_SIZE];
	uint64_t id = 0;

	(void)state;
	queue_id_format(UINT64_C(0x5f00c0ffee12), text);
	assert_string_equal(text, "5F00C0FFEE12");
	assert_true(queue_id_parse(text, &id));
	assert_int_equal(id, UINT64_C(0x5f00c0ffee12));
	queue_id_format(1, text);
	assert_string_equal(text, "000000000001");
}

static void
other_names_are_refused(void **state)
{
	static const char *const names[] = {"", "5F00C0FFEE1", "5F00C0FFEE123", "5f00c0ffee12",
	    "5F00C0FFEE1G", ".F00C0FFEE12", "../../etc/pa", "5F00C0FFEE1\n", "+F00C0FFEE12"};
	uint64_t id = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(queue_id_parse(names[i], &id));
	assert_int_equal(id, 42);
}

static void
now_is_the_time_in_16_microseconds(void **state)
{
	uint64_t before = (uint64_t)time(NULL);
	uint64_t id = queue_id_now();
	uint64_t after = (uint64_t)time(NULL);

	(void)state;
	assert_in_range(id / 62500, before, after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_and_back),
	    cmocka_unit_test(other_names_are_refused),
	    cmocka_unit_test(now_is_the_time_in_16_microseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
