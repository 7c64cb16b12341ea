/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "config/secret.h"
#include "oauth/base64url.h"
#include "oauth/request_word.h"

static void
any_text_is_one_word_and_comes_back(void **state)
{
	static const char *const texts[] = {
	    "", "a", "ab", "abc", "two words\nand a line", "\xff\xfe\x01", "-", "?>?>?>"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *word = request_word_encode(texts[i]);
		char *text;

		assert_non_null(word);
		assert_true(word[0] != '\0');
		assert_null(strpbrk(word, " \n+/="));
		assert_int_equal(request_word_decode(word, &text, NULL), 0);
		assert_string_equal(text, texts[i]);
		secret_free(text);
		secret_free(word);
	}
}

static void
what_is_no_word_is_refused(void **state)
{
	static const char *const words[] = {"=", "a", "abcde", "YQ==", "a b", "YW+j", "YQBi"};
	struct error error;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(request_word_decode(words[i], &text, &error), -1);
		assert_int_equal(error.status, EX_USAGE);
	}
}

static void
octets_of_every_value_are_decoded(void **state)
{
	unsigned char octets[256];
	unsigned char back[BASE64URL_SIZE(256)];
	char text[BASE64URL_SIZE(256)];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		octets[i] = (unsigned char)i;
	for (size_t length = 0; length <= 256; length++) {
		base64url_encode(text, octets, length);
		assert_int_equal(base64url_decode(back, text, strlen(text)), (ssize_t)length);
		assert_memory_equal(back, octets, length);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_text_is_one_word_and_comes_back),
	    cmocka_unit_test(what_is_no_word_is_refused),
	    cmocka_unit_test(octets_of_every_value_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
