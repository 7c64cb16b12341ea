/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "config/text_stream.h"

static void
nothing_is_an_empty_string(void **state)
{
	char *text;
	size_t length;
	FILE *out = text_stream_open(&text, &length);

	(void)state;
	assert_non_null(out);
	assert_null(text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "");
	assert_int_equal(length, 0);
	free(text);
}

static void
everything_is_kept(void **state)
{
	char expected[16];
	char *text;
	size_t length;
	FILE *out = text_stream_open(&text, &length);

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(fprintf(out, "%07d\n", i), 8);
	assert_int_equal(fputc('\0', out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(length, 800001);
	assert_int_equal(text[length], '\0');
	for (int i = 0; i < 100000; i++) {
		snprintf(expected, sizeof(expected), "%07d\n", i);
		assert_memory_equal(text + 8 * i, expected, 8);
	}
	free(text);
}

#ifndef __SANITIZE_ADDRESS__ /* its malloc ends the process */
/* What comes after a gap may fit again; the text is lost all the same. */
static void
lack_of_memory_is_told(void **state)
{
	static const char block[65536];
	struct rlimit before;
	struct rlimit small;
	char *text;
	size_t length;
	FILE *out = text_stream_open(&text, &length);
	int result;

	(void)state;
	assert_int_equal(fputs("begin", out) >= 0, 1);
	assert_int_equal(fflush(out), 0);
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	small = before;
	small.rlim_cur = 1;
	assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
	for (int i = 0; i < 1024; i++)
		fwrite(block, 1, sizeof(block), out);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	fputs("end", out);
	errno = 0;
	result = fclose(out);
	assert_int_equal(result, EOF);
	assert_int_equal(errno, ENOMEM);
	assert_null(text);
}
#endif

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_an_empty_string),
	    cmocka_unit_test(everything_is_kept),
#ifndef __SANITIZE_ADDRESS__
	    cmocka_unit_test(lack_of_memory_is_told),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
