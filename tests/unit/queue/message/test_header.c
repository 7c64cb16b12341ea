/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/encoded_word.h"
#include "queue/message/header.h"

static void
fields_one_by_one(void **state)
{
	static const char block[] = "From: root\r\nSubject : a\r\n\tlong\r\n line\r\nX-Empty:\r\n";
	struct header_field field;
	size_t offset = 0;
	char *body;

	(void)state;
	assert_true(header_next(block, strlen(block), &offset, &field));
	assert_true(header_is(&field, "from"));
	assert_false(header_is(&field, "fro"));
	assert_false(header_is(&field, "from "));
	assert_int_equal(field.length, strlen("From: root\r\n"));
	assert_int_equal(field.body_length, strlen(" root"));
	assert_memory_equal(field.body, " root", 5);

	assert_true(header_next(block, strlen(block), &offset, &field));
	assert_true(header_is(&field, "SUBJECT"));
	assert_int_equal(field.name_length, strlen("Subject"));
	body = header_unfold(&field);
	assert_string_equal(body, "a\tlong line");
	free(body);

	assert_true(header_next(block, strlen(block), &offset, &field));
	assert_true(header_is(&field, "X-Empty"));
	assert_int_equal(field.body_length, 0);
	body = header_unfold(&field);
	assert_string_equal(body, "");
	free(body);
	assert_false(header_next(block, strlen(block), &offset, &field));
	assert_false(header_next(block, strlen(block), &offset, &field));
}

static void
lines_of_no_field_are_passed_over(void **state)
{
	static const char block[] = " stray\r\nno field here\r\n: nor here\r\nTo: a\r\njunk";
	struct header_field field;
	size_t offset = 0;

	(void)state;
	assert_true(header_next(block, strlen(block), &offset, &field));
	assert_true(header_is(&field, "To"));
	assert_false(header_next(block, strlen(block), &offset, &field));
	assert_int_equal(offset, strlen(block));
}

static void
last_line_without_end(void **state)
{
	struct header_field field;
	size_t offset = 0;
	char *body;

	(void)state;
	assert_true(header_next("A: b\r\n c", 8, &offset, &field));
	assert_int_equal(field.length, 8);
	body = header_unfold(&field);
	assert_string_equal(body, "b c");
	free(body);
	offset = 0;
	assert_false(header_next("", 0, &offset, &field));
}

static void
what_begins_a_field(void **state)
{
	(void)state;
	assert_int_equal(header_line_name("From: a", 7), 4);
	assert_int_equal(header_line_name("X-Cron-Env \t:", 13), 10);
	assert_int_equal(header_line_name("a:", 2), 1);
	assert_int_equal(header_line_name(":", 1), 0);
	assert_int_equal(header_line_name("", 0), 0);
	assert_int_equal(header_line_name("two words: a", 12), 0);
	assert_int_equal(header_line_name(" From: a", 8), 0);
	assert_int_equal(header_line_name("From", 4), 0);
	assert_int_equal(header_line_name("Fr\xc3\xbcm: a", 8), 0);
	assert_int_equal(header_line_name("--next: 1", 9), 0);
	assert_int_equal(header_line_name("From root Mon Jan  1 00:00:00", 29), 0);
}

static void
encodes(const char *text, const char *expected)
{
	char *phrase = header_encode_phrase(text);

	assert_non_null(phrase);
	assert_string_equal(phrase, expected);
	free(phrase);
}

static void
phrases(void **state)
{
	(void)state;
	encodes("", "");
	encodes("Cron Daemon", "Cron Daemon");
	encodes("J. Doe", "\"J. Doe\"");
	encodes("Doe, J \"x\" \\", "\"Doe, J \\\"x\\\" \\\\\"");
	encodes("two  spaces", "two  spaces");
	encodes("a\r\nBcc: b@x", "\"a  Bcc: b@x\"");
	encodes("J\xc3\xbcrgen (M)", "=?UTF-8?Q?J=C3=BCrgen_=28M=29?=");
	encodes("J\xfcrgen", "=?unknown-8bit?Q?J=FCrgen?=");
}

static void
encoded_words_stay(void **state)
{
	(void)state;
	encodes("=?UTF-8?Q?J=C3=BCrgen?=", "=?UTF-8?Q?J=C3=BCrgen?=");
	encodes("=?UTF-8?B?SsO8?= =?UTF-8?B?cmdlbg==?=", "=?UTF-8?B?SsO8?= =?UTF-8?B?cmdlbg==?=");
	encodes("=?utf-8?q?J?= B. Miller", "=?utf-8?q?J?= \"B. Miller\"");
	encodes("Dr. J. =?utf-8?q?J?= B.", "\"Dr. J.\" =?utf-8?q?J?= \"B.\"");
	encodes("=?not one?= a.b", "\"=?not one?= a.b\"");
}

static void
long_names_fold(void **state)
{
	char text[601];
	char *phrase;
	size_t words = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		memcpy(text + 2 * i, "\xc3\xbc", 2);
	text[600] = '\0';
	phrase = header_encode_phrase(text);
	assert_non_null(phrase);
	for (char *rest = phrase, *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t length = strlen(line);

		if (rest != NULL)
			assert_int_equal(line[--length], '\r');
		if (words++ > 0) {
			assert_int_equal(*line, ' ');
			line++;
			length--;
		}
		assert_true(length <= 60);
		assert_true(encoded_word_is(line, length));
		/* whole characters: =C3=BC each */
		assert_int_equal((length - strlen("=?UTF-8?Q?"
						  "?=")) %
				     6,
		    0);
	}
	assert_true(words > 30);
	free(phrase);
}

static void
random_octets(void **state)
{
	static const char likely[] = "ab:: \t\r\n\r\n--\0\xfc";
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)round % 60;
		char *block = malloc(length == 0 ? 1 : length);
		struct header_field field;
		size_t offset = 0;
		size_t before = 0;

		assert_non_null(block);
		for (size_t i = 0; i < length; i++) {
			seed = seed * 1664525 + 1013904223;
			block[i] = likely[(seed >> 16) % (sizeof(likely) - 1)];
		}
		while (header_next(block, length, &offset, &field)) {
			char *body = header_unfold(&field);

			assert_non_null(body);
			free(body);
			assert_true(offset > before && offset <= length);
			assert_true(field.start + field.length == block + offset);
			assert_true(field.body + field.body_length <= block + offset);
			assert_true(field.body > field.start + field.name_length);
			before = offset;
		}
		free(block);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_one_by_one),
	    cmocka_unit_test(lines_of_no_field_are_passed_over),
	    cmocka_unit_test(last_line_without_end),
	    cmocka_unit_test(what_begins_a_field),
	    cmocka_unit_test(phrases),
	    cmocka_unit_test(encoded_words_stay),
	    cmocka_unit_test(long_names_fold),
	    cmocka_unit_test(random_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
