/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "queue/delivery/wire.h"

struct output {
	char data[20000];
	size_t length;
};

static int
collect(const void *data, size_t length, void *context)
{
	struct output *output = context;

	assert_true(length <= sizeof(output->data) - output->length);
	memcpy(output->data + output->length, data, length);
	output->length += length;
	return 0;
}

static void
encode(const char *text, size_t length, size_t piece, bool dots, struct output *output)
{
	struct wire wire;

	output->length = 0;
	wire_begin(&wire, dots, collect, output);
	for (size_t at = 0; at < length; at += piece)
		assert_int_equal(
		    wire_write(&wire, text + at, length - at < piece ? length - at : piece), 0);
	assert_int_equal(wire_end(&wire), 0);
}

/* The same result however the text is cut. */
static void
check(const char *text, size_t length, const char *expected, size_t expected_length)
{
	static struct output output;

	for (size_t piece = 1; piece <= length + 1; piece++) {
		encode(text, length, piece, true, &output);
		assert_int_equal(output.length, expected_length);
		assert_memory_equal(output.data, expected, expected_length);
	}
}

static void
dots_are_stuffed(void **state)
{
	static const char text[] = ".\r\n..\r\na.b\r\n.c\r\n\r\n.";
	static const char expected[] = "..\r\n...\r\na.b\r\n..c\r\n\r\n..\r\n";
	static struct output output;

	(void)state;
	check(text, sizeof(text) - 1, expected, sizeof(expected) - 1);
	encode(text, sizeof(text) - 1, 3, false, &output);
	assert_int_equal(output.length, sizeof(text) - 1 + 2);
	assert_memory_equal(output.data, text, sizeof(text) - 1);
}

static void
the_last_line_is_ended(void **state)
{
	(void)state;
	check("", 0, "", 0);
	check("a\r\n", 3, "a\r\n", 3);
	check("a", 1, "a\r\n", 3);
	check("a\r", 2, "a\r\n", 3);
}

static void
lines_are_folded_at_998(void **state)
{
	static char text[3000], expected[3100];
	size_t length;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 998, "\r\n", 2);
	check(text, 1000, text, 1000); /* exactly as long as allowed */

	memset(text, 'x', sizeof(text));
	memcpy(text + 999, "\r\n", 2);
	memset(expected, 'x', sizeof(expected));
	memcpy(expected + 998, "\r\n x\r\n", 6);
	check(text, 1001, expected, 1004);

	/* The space counts: 998, then twice 997 and the rest. */
	memset(text, 'x', sizeof(text));
	memcpy(text + 2998, "\r\n", 2);
	memset(expected, 'x', sizeof(expected));
	length = 998;
	for (int i = 0; i < 2; i++, length += 3 + 997)
		memcpy(expected + length, "\r\n ", 3);
	memcpy(expected + length, "\r\n ", 3);
	memcpy(expected + length + 3 + 6, "\r\n", 2);
	check(text, 3000, expected, length + 3 + 6 + 2);
}

/* Unfolded again, every line is as before; none is too long; no character is cut. */
static void
check_properties(const char *text, size_t length, size_t piece, bool characters)
{
	static struct output output;
	size_t column = 0, back = 0;

	encode(text, length, piece, false, &output);
	for (size_t i = 0; i < output.length; i++) {
		if (i + 2 < output.length && memcmp(output.data + i, "\r\n ", 3) == 0) {
			if (characters)
				assert_true(((unsigned char)output.data[i + 3] & 0xc0) != 0x80);
			i += 2;
			column = 1;
			continue;
		}
		assert_true(back < length && output.data[i] == text[back++]);
		column = output.data[i] == '\n' ? 0 : column + 1;
		assert_true(column <= WIRE_LINE_MAX + (output.data[i] == '\r' ? 1 : 0));
	}
	assert_int_equal(back, length);
}

static void
characters_are_not_cut(void **state)
{
	static const char *const characters[] = {
	    "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8c\xb3", "x"};
	static char text[6000];

	(void)state;
	for (size_t kind = 0; kind < 4; kind++) {
		for (size_t shift = 0; shift < 5; shift++) {
			size_t length = shift;

			memset(text, 'a', shift);
			while (length < 4000) {
				const char *c = characters[(kind + length * kind) % 4];

				memcpy(text + length, c, strlen(c));
				length += strlen(c);
			}
			memcpy(text + length, "\r\n", 2);
			for (size_t piece = 1; piece < 12; piece++)
				check_properties(text, length + 2, piece, true);
			check_properties(text, length + 2, 4096, true);
		}
	}
}

/* What is no UTF-8 is folded all the same. */
static void
other_eight_bit_text_is_folded(void **state)
{
	static char text[6000];

	(void)state;
	for (int first = 0x80; first < 0x100; first++) {
		memset(text, first, 5000);
		memcpy(text + 5000, "\r\n", 2);
		check_properties(text, 5002, 777, false);
		for (size_t i = 0; i < 5000; i += 2)
			text[i] = (char)0xf0;
		check_properties(text, 5002, 1, false);
	}
}

static int
refuse(const void *data, size_t length, void *context)
{
	unsigned *left = context;

	(void)data;
	(void)length;
	return (*left)-- == 0 ? -1 : 0;
}

static void
a_refusal_ends_the_writing(void **state)
{
	static char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '.';
	for (unsigned calls = 0; calls < 4; calls++) {
		struct wire wire;
		unsigned left = calls;

		wire_begin(&wire, true, refuse, &left);
		assert_int_equal(wire_write(&wire, text, sizeof(text)), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dots_are_stuffed),
	    cmocka_unit_test(the_last_line_is_ended),
	    cmocka_unit_test(lines_are_folded_at_998),
	    cmocka_unit_test(characters_are_not_cut),
	    cmocka_unit_test(other_eight_bit_text_is_folded),
	    cmocka_unit_test(a_refusal_ends_the_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
