/* SPDX-License-Identifier: ISC */
#include "sendmail/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "queue/message/header.h"

struct result {
	char *header;
	size_t header_length;
	unsigned headers;
	FILE *out;
	char *body;
	size_t body_length;
};

static int
take_header(void *context, const char *header, size_t length, struct error *error)
{
	struct result *result = context;

	(void)error;
	assert_int_equal(result->headers++, 0);
	result->header = malloc(length + 1);
	assert_non_null(result->header);
	memcpy(result->header, header, length);
	result->header[length] = '\0';
	result->header_length = length;
	return 0;
}

static int
take_body(void *context, const char *data, size_t length, struct error *error)
{
	struct result *result = context;

	(void)error;
	assert_int_equal(result->headers, 1);
	assert_int_equal(fwrite(data, 1, length, result->out), length);
	return 0;
}

/* Feed `input` in pieces of `piece` octets. Returns what the last feed returned. */
static int
feed(const char *input, size_t length, size_t piece, bool dot_ends, struct result *result)
{
	struct canonical_sink sink = {take_header, take_body, result};
	struct canonical *canonical = canonical_new(&sink, dot_ends);
	struct error error;
	int answer = 0;

	memset(result, 0, sizeof *result);
	result->out = open_memstream(&result->body, &result->body_length);
	for (size_t i = 0; i < length && answer == 0; i += piece) {
		size_t count = length - i < piece ? length - i : piece;

		answer = canonical_feed(canonical, input + i, count, &error);
		assert_true(answer >= 0);
	}
	assert_int_equal(canonical_finish(canonical, &error), 0);
	canonical_free(canonical);
	assert_int_equal(fclose(result->out), 0);
	return answer;
}

static void
release(struct result *result)
{
	free(result->header);
	free(result->body);
}

/* The same result whatever the pieces. */
static void
expect_octets(const char *input, size_t length, bool dot_ends, const char *header, const char *body)
{
	for (size_t piece = 1; piece <= length + 1; piece++) {
		struct result result;

		feed(input, length, piece, dot_ends, &result);
		assert_string_equal(result.header, header);
		assert_int_equal(result.body_length, strlen(body));
		assert_string_equal(result.body, body);
		release(&result);
	}
}

static void
expect(const char *input, const char *header, const char *body)
{
	expect_octets(input, strlen(input), false, header, body);
}

static void
test_line_ends(void **state)
{
	(void)state;
	expect("A: b\nC: d\n\nx\ny\n", "A: b\r\nC: d\r\n", "x\r\ny\r\n");
	expect("A: b\r\nC: d\r\n\r\nx\ny\r\n\r\n", "A: b\r\nC: d\r\n", "x\r\ny\r\n\r\n");
	expect("A: b\r\r\n\r\r\nx\r\r\r\n", "A: b\r\n", "x\r\n");
	expect("A: b\n\nx\ry\r\rz\n\rw", "A: b\r\n", "x y  z\r\n w\r\n");
	expect("A: b\rc\n\n", "A: b c\r\n", "");
	expect("A: b\n\nno end", "A: b\r\n", "no end\r\n");
	expect("A: b\n\nno end\r", "A: b\r\n", "no end\r\n");
	expect("A: b\n\nend\n\r", "A: b\r\n", "end\r\n");
	expect("A: b", "A: b\r\n", "");
	expect("A: b\n\n\n\nx\n", "A: b\r\n", "\r\n\r\nx\r\n");
	expect("", "", "");
	expect("\n", "", "");
}

static void
test_nul(void **state)
{
	static const char input[] = "A: \0b\n\0\nx\0\0y\r\0\n\0.\0\nz\0";

	(void)state;
	expect_octets(input, sizeof input - 1, false, "A: b\r\n", "xy\r\n.\r\nz\r\n");
	expect_octets(input, sizeof input - 1, true, "A: b\r\n", "xy\r\n");
}

static void
test_dot(void **state)
{
	static const char input[] = "A: b\n\n..\n.x\n .\n. \nx.\n.\r\nlost\n";
	static const char ended[] = "..\r\n.x\r\n .\r\n. \r\nx.\r\n";
	struct result result;

	(void)state;
	expect_octets(input, strlen(input), true, "A: b\r\n", ended);
	expect(input, "A: b\r\n", "..\r\n.x\r\n .\r\n. \r\nx.\r\n.\r\nlost\r\n");
	assert_int_equal(feed(input, strlen(input), 1, true, &result), 1);
	release(&result);

	/* At the very end, in the header, and where a CR makes it another line. */
	expect_octets("A: b\n\nx\n.", 9, true, "A: b\r\n", "x\r\n");
	expect_octets("A: b\n.\nx\n", 9, true, "A: b\r\n", "");
	expect_octets(".\n", 2, true, "", "");
	expect_octets("A: b\n\n\r.\nx\n", 11, true, "A: b\r\n", " .\r\nx\r\n");
	expect_octets("A: b\n\n.\rx\n", 10, true, "A: b\r\n", ". x\r\n");
}

static void
test_mailbox_from(void **state)
{
	(void)state;
	expect("From a@x Mon Jan 1\nA: b\n\nFrom here\n", "A: b\r\n", "From here\r\n");
	expect(">From a@x\n>>From b@x\r\nA: b\n\n", "A: b\r\n", "");
	expect("From a@x\n\nbody\n", "", "body\r\n");
	expect("A: b\nFrom me\n", "A: b\r\n", "From me\r\n");
	expect("From: a@x\n\n", "From: a@x\r\n", "");
}

static void
test_header_end(void **state)
{
	(void)state;
	/* The first line that is no field is the body's. */
	expect("hello\nworld\n", "", "hello\r\nworld\r\n");
	expect("A: b\nhello there\nC: d\n", "A: b\r\n", "hello there\r\nC: d\r\n");
	expect("--boundary: x\n\n", "", "--boundary: x\r\n\r\n");
	expect(" indented\n", "", " indented\r\n");
	expect("http //x\n", "", "http //x\r\n");
	/* Folding, also with white space only; white space before the colon. */
	expect("A: b\n c\n\td\n \nE : f\n\nx\n", "A: b\r\n c\r\n\td\r\n \r\nE : f\r\n", "x\r\n");
	expect("A:\n\nx\n", "A:\r\n", "x\r\n");
	/* What comes in 8 bit stays. */
	expect("Subject: \xc3\xa9\xff\n\n\xe9\n", "Subject: \xc3\xa9\xff\r\n", "\xe9\r\n");
}

/* A line longer than any buffer, as header field, as body, and without a header. */
static void
test_long_lines(void **state)
{
	static const size_t sizes[] = {996, 999, 1000, 1001, 32767, 32768, 32769, 300000};
	static const char *const starts[] = {"A: ", "A: b\n\n", "", "From "};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (size_t s = 0; s < 4; s++) {
			size_t start = strlen(starts[s]);
			size_t length = start + sizes[i] + 1;
			char *input = malloc(length);
			struct result result;

			assert_non_null(input);
			memset(input, 'x', length);
			memcpy(input, starts[s], start);
			input[length - 1] = '\n';
			feed(input, length, 777, false, &result);
			if (s == 0)
				assert_int_equal(result.header_length, length + 1);
			else if (s == 3)
				assert_int_equal(result.header_length, 0);
			if (s == 1 || s == 2)
				assert_int_equal(result.body_length, sizes[i] + 2);
			else
				assert_int_equal(result.body_length, 0);
			release(&result);
			free(input);
		}
	}
}

/* CRs and NULs without end cost neither memory nor more than linear time. */
static void
test_runs(void **state)
{
	size_t length = 4 * 1024 * 1024;
	char *input = malloc(length);
	struct result result;

	(void)state;
	assert_non_null(input);
	memset(input, '\0', length);
	feed(input, length, length, false, &result);
	assert_int_equal(result.body_length, 0);
	release(&result);

	memset(input, '\r', length);
	memcpy(input, "\n", 1);
	input[length - 1] = 'x';
	feed(input, length, length, false, &result);
	assert_int_equal(result.body_length, length - 1 + 2);
	release(&result);
	free(input);
}

static void
test_header_too_long(void **state)
{
	struct result result = {0};
	struct canonical_sink sink = {take_header, take_body, &result};
	struct canonical *canonical = canonical_new(&sink, false);
	char line[1002];
	struct error error;
	int answer = 0;
	size_t fed = 0;

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "A: ", 3);
	line[sizeof line - 1] = '\n';
	while (answer == 0 && fed < 2 * HEADER_MAX) {
		answer = canonical_feed(canonical, line, sizeof line, &error);
		fed += sizeof line;
	}
	assert_int_equal(answer, -1);
	assert_int_equal(error.status, EX_DATAERR);
	assert_in_range(fed, HEADER_MAX - 20000, HEADER_MAX + 2000);
	canonical_free(canonical);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_dot),
	    cmocka_unit_test(test_mailbox_from),
	    cmocka_unit_test(test_header_end),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_header_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
