/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "queue/message/address_token.h"

#define PIECES_MAX 6

static void
assert_not_within_line_end(const char *text, const char *boundary)
{
	if (boundary > text && boundary[-1] == '\r' && *boundary == '\n')
		fail_msg("a token's boundary is between CR and LF in: %s", text);
}

/* Every field of a few pieces: what is put in at a boundary must not make a bare CR. */
static void
line_ends_stay_whole(void **state)
{
	static const char *const pieces[] = {
	    "\r\n", "\\", "\"", "(", ")", "[", "]", "@", "a", " ", ","};
	const size_t kinds = sizeof(pieces) / sizeof(pieces[0]);
	unsigned long combinations = 1;

	(void)state;
	for (int i = 0; i < PIECES_MAX; i++)
		combinations *= kinds;
	for (unsigned long n = 0; n < combinations; n++) {
		char text[2 * PIECES_MAX + 1] = "";
		struct token_reader reader;
		struct token token;
		unsigned long rest = n;

		for (int i = 0; i < PIECES_MAX; i++, rest /= kinds)
			strcat(text, pieces[rest % kinds]);
		address_token_init(&reader, text, strlen(text));
		do {
			address_token_next(&reader, &token);
			assert_not_within_line_end(text, token.start);
			assert_not_within_line_end(text, token.start + token.length);
		} while (token.kind != TOKEN_END);
	}
}

static void
a_backslash_quotes_no_line_end(void **state)
{
	static const char text[] = "joe\\\r\n x";
	struct token_reader reader;
	struct token token;

	(void)state;
	address_token_init(&reader, text, strlen(text));
	address_token_next(&reader, &token);
	assert_int_equal(token.kind, TOKEN_BAD);
	address_token_next(&reader, &token);
	assert_int_equal(token.kind, TOKEN_END);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(line_ends_stay_whole),
	    cmocka_unit_test(a_backslash_quotes_no_line_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
