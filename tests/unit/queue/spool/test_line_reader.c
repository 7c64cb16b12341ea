/* SPDX-License-Identifier: ISC */
#include "queue/spool/line_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *
file_of(const char *data, size_t length)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fflush(file), 0);
	return file;
}

static void
lines_with_an_end(void **state)
{
	static struct line_reader reader;
	FILE *file = file_of("one\n\nth\0ree\ntorn", 16);
	size_t length;
	char *line;

	(void)state;
	line_reader_init(&reader, fileno(file), 1000, false);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
	assert_string_equal(line, "one");
	assert_int_equal(reader.end, 4);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
	assert_int_equal(length, 0);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
	assert_int_equal(length, 6);
	assert_string_equal(line, "th");
	assert_int_equal(reader.end, 12);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_END);
	fclose(file);
}

static void
zeros_end_lines_where_asked(void **state)
{
	static struct line_reader reader;
	FILE *file = file_of("one\0\0two\n\0", 10);
	static const char *const expected[] = {"one", "", "two", ""};
	size_t length;
	char *line;

	(void)state;
	line_reader_init(&reader, fileno(file), 1000, true);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
		assert_string_equal(line, expected[i]);
	}
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_END);
	fclose(file);
}

static void
long_lines_are_skipped(void **state)
{
	/* Around the limit for a line, and around the buffer's size. */
	static const size_t lengths[] = {LINE_READER_MAX + 1, 65535, 65536, 65537, 200000};
	static struct line_reader reader;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *data = malloc(lengths[i] + 7);
		size_t length;
		FILE *file;
		char *line;

		assert_non_null(data);
		memset(data, 'x', lengths[i]);
		memcpy(data + lengths[i], "\nnext\n", 6);
		file = file_of(data, lengths[i] + 6);
		line_reader_init(&reader, fileno(file), UINT32_MAX, false);
		assert_int_equal(line_reader_next(&reader, &line, &length), LINE_TOO_LONG);
		assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
		assert_string_equal(line, "next");
		assert_int_equal(reader.end, lengths[i] + 6);
		fclose(file);
		free(data);
	}
}

static void
lines_across_buffers(void **state)
{
	static struct line_reader reader;
	char expected[LINE_READER_MAX + 1];
	FILE *file = tmpfile();
	size_t length;
	char *line;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 3000; i++)
		fprintf(file, "%d %0*d\n", i, i, 7);
	assert_int_equal(fflush(file), 0);
	line_reader_init(&reader, fileno(file), UINT32_MAX, false);
	for (int i = 0; i < 3000; i++) {
		snprintf(expected, sizeof(expected), "%d %0*d", i, i, 7);
		assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
		assert_string_equal(line, expected);
		assert_int_equal(length, strlen(expected));
	}
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_END);
	fclose(file);
}

static void
the_limit_is_the_end(void **state)
{
	static struct line_reader reader;
	FILE *file = file_of("one\ntwo\n", 8);
	size_t length;
	char *line;

	(void)state;
	line_reader_init(&reader, fileno(file), 7, false);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_OK);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_END);
	fclose(file);
}

static void
errors_are_told(void **state)
{
	static struct line_reader reader;
	size_t length;
	char *line;

	(void)state;
	line_reader_init(&reader, -1, 7, false);
	assert_int_equal(line_reader_next(&reader, &line, &length), LINE_ERROR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_with_an_end),
	    cmocka_unit_test(zeros_end_lines_where_asked),
	    cmocka_unit_test(long_lines_are_skipped),
	    cmocka_unit_test(lines_across_buffers),
	    cmocka_unit_test(the_limit_is_the_end),
	    cmocka_unit_test(errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
