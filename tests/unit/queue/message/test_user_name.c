/* SPDX-License-Identifier: ISC */
#include "queue/message/user_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_local_part(void **state)
{
	static const struct {
		const char *name; /* null: no entry */
		const char *expected;
	} cases[] = {
	    {"www-data", "www-data"},
	    {NULL, "uid1000"},
	    {"", "uid1000"},
	    {"CORP\\joe", "\"CORP\\\\joe\""},
	    {"joe doe", "\"joe doe\""},
	    {"a\nb", "uid1000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char name[32] = "";
		struct passwd entry = {.pw_name = name};
		char *local;

		if (cases[i].name != NULL)
			strcpy(name, cases[i].name);
		local = user_name_local_part(cases[i].name != NULL ? &entry : NULL, 1000);
		assert_non_null(local);
		assert_string_equal(local, cases[i].expected);
		free(local);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_local_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
