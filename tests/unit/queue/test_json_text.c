/* SPDX-License-Identifier: ISC */
#include "queue/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

#define REPLACED "\\ufffd"

static void
assert_json(const char *text, const char *expected)
{
	char *written = NULL;
	size_t length;
	FILE *out = open_memstream(&written, &length);
	json_t *parsed;

	assert_non_null(out);
	json_text(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, expected);
	/* Whatever went in, a parser takes it. */
	parsed = json_loads(written, JSON_DECODE_ANY, NULL);
	assert_true(json_is_string(parsed));
	json_decref(parsed);
	free(written);
}

static void
plain_text_stays(void **state)
{
	(void)state;
	assert_json("", "\"\"");
	assert_json("alice@example.com", "\"alice@example.com\"");
	assert_json("a/b <c>", "\"a/b <c>\"");
}

static void
quotes_and_controls_are_escaped(void **state)
{
	(void)state;
	assert_json("\"a\\b\"", "\"\\\"a\\\\b\\\"\"");
	assert_json("a\r\n\tb\001\177", "\"a\\u000d\\u000a\\u0009b\\u0001\\u007f\"");
}

static void
utf8_stays(void **state)
{
	(void)state;
	assert_json("\xc3\xbc", "\"\xc3\xbc\"");
	assert_json("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	assert_json("\xf0\x9f\x98\x80x", "\"\xf0\x9f\x98\x80x\"");
	assert_json("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

static void
what_is_not_utf8_is_replaced_octet_by_octet(void **state)
{
	(void)state;
	assert_json("\xfc", "\"" REPLACED "\"");
	assert_json("a\xff\xfe"
		    "b",
	    "\"a" REPLACED REPLACED "b\"");
	/* A continuation alone, and sequences that end too early. */
	assert_json("\x80", "\"" REPLACED "\"");
	assert_json("\xc3", "\"" REPLACED "\"");
	assert_json("\xc3x", "\"" REPLACED "x\"");
	assert_json("\xe2\x82", "\"" REPLACED REPLACED "\"");
	assert_json("\xf0\x9f\x98", "\"" REPLACED REPLACED REPLACED "\"");
	/* Overlong forms, a surrogate, beyond the last character. */
	assert_json("\xc0\xaf", "\"" REPLACED REPLACED "\"");
	assert_json("\xe0\x80\xaf", "\"" REPLACED REPLACED REPLACED "\"");
	assert_json("\xed\xa0\x80", "\"" REPLACED REPLACED REPLACED "\"");
	assert_json("\xf0\x8f\xbf\xbf", "\"" REPLACED REPLACED REPLACED REPLACED "\"");
	assert_json("\xf4\x90\x80\x80", "\"" REPLACED REPLACED REPLACED REPLACED "\"");
}

static void
every_octet_gives_valid_json(void **state)
{
	char text[4] = "a?b";

	(void)state;
	for (int octet = 1; octet < 256; octet++) {
		char *written = NULL;
		size_t length;
		FILE *out = open_memstream(&written, &length);
		json_t *parsed;

		text[1] = (char)octet;
		json_text(out, text);
		assert_int_equal(fclose(out), 0);
		parsed = json_loads(written, JSON_DECODE_ANY, NULL);
		assert_non_null(parsed);
		json_decref(parsed);
		free(written);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_text_stays),
	    cmocka_unit_test(quotes_and_controls_are_escaped),
	    cmocka_unit_test(utf8_stays),
	    cmocka_unit_test(what_is_not_utf8_is_replaced_octet_by_octet),
	    cmocka_unit_test(every_octet_gives_valid_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
