/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "queue/message/address.h"

/* A list as "name|address" lines, with '!' before what is verbatim; null: an error. */
static char *
parsed(const char *text)
{
	struct address_list list = {0};
	struct error error;
	char *result = NULL;
	size_t size;
	FILE *out;

	if (address_list_parse(text, strlen(text), &list, &error) == -1) {
		assert_int_equal(error.status, EX_DATAERR);
		assert_int_equal(list.count, 0);
		address_list_free(&list);
		return NULL;
	}
	out = open_memstream(&result, &size);
	for (size_t i = 0; i < list.count; i++)
		fprintf(out, "%s%s%s%s%s", i == 0 ? "" : "\n", list.items[i].verbatim ? "!" : "",
		    list.items[i].name == NULL ? "" : list.items[i].name,
		    list.items[i].name == NULL ? "" : "|", list.items[i].address);
	fclose(out);
	address_list_free(&list);
	return result;
}

static void
gives(const char *text, const char *expected)
{
	char *result = parsed(text);

	if (result == NULL)
		fail_msg("refused: %s", text);
	assert_string_equal(result, expected);
	free(result);
}

static void
refuses(const char *text)
{
	char *result = parsed(text);

	if (result != NULL)
		fail_msg("%s gave %s", text, result);
}

static void
plain_addresses(void **state)
{
	(void)state;
	gives("", "");
	gives(" , ,, ", "");
	gives("root", "root");
	gives("a@x.example", "a@x.example");
	gives("a@x,b@y", "a@x\nb@y");
	gives("a@x,,b@y;", "a@x\nb@y");
	gives(" a @ x . example ", "a@x.example");
	gives("a@[192.0.2.1]", "a@[192.0.2.1]");
	gives("a@[IPv6:2001:db8::1], b@y", "a@[IPv6:2001:db8::1]\nb@y");
	gives("a@x.example.", "a@x.example");
	gives("first.last+tag@x", "first.last+tag@x");
	gives("o'brien@x", "o'brien@x");
}

static void
what_system_programs_write(void **state)
{
	(void)state;
	gives("root (Cron Daemon)", "Cron Daemon|root");
	gives("Cron Daemon <root>", "Cron Daemon|root");
	gives("\"(Cron Daemon)\" <joe>", "(Cron Daemon)|joe");
	gives("mdadm monitoring <root>", "mdadm monitoring|root");
	gives("Logwatch", "Logwatch");
	gives("arpwatch (Arpwatch web1.example)", "Arpwatch web1.example|arpwatch");
	gives("me@x.example <me@x.example>", "me@x.example|me@x.example");
	gives("[JIRA] J. Doe <j@x>", "[JIRA] J. Doe|j@x");
	gives("undisclosed-recipients:;", "");
	gives("undisclosed recipients: ;", "");
}

static void
quoting(void **state)
{
	(void)state;
	gives("\"Doe, J\" <a@x>", "Doe, J|a@x");
	gives("\"say \\\"hi\\\" \\\\o/\" <a@x>", "say \"hi\" \\o/|a@x");
	gives("\"a b\"@x", "\"a b\"@x");
	gives("\"ab\"@x", "ab@x");
	gives("<\"a.b\"@x>", "a.b@x");
	gives("\"a\\b\"@x", "ab@x");
	gives("\"a@b\"@x", "\"a@b\"@x");
	gives("\"a\\\"b\"@x", "\"a\\\"b\"@x");
	gives("a..b@x, .a@x, a.@x", "\"a..b\"@x\n\".a\"@x\n\"a.\"@x");
	gives("foo\\,bar <a@x>", "foo,bar|a@x");
	gives("\"\" <a@x>", "a@x");
}

static void
comments(void **state)
{
	(void)state;
	gives("a@x (one (nested \\) ) two)", "one (nested ) ) two|a@x");
	gives("(first) a@x", "first|a@x");
	gives("<a@x> (after)", "after|a@x");
	gives("Name <a@x> (after)", "Name|a@x");
	gives("Name (inside) <a@x>", "Name|a@x");
	gives("a(b)@(c)x(d)", "d|a@x");
	gives("a@x (one), b@y (two)", "one|a@x\ntwo|b@y");
	gives("a (one) b (two)", "one|a\ntwo|b");
	gives("a@x (with, comma; and <brackets>)", "with, comma; and <brackets>|a@x");
	gives("(only a comment)", "");
}

static void
folding_and_control_characters(void **state)
{
	(void)state;
	gives("(comm) d@y\r\n (x)", "x|d@y");
	gives("\"Doe,\r\n J\" <a@x>,\r\n\tb@y", "Doe, J|a@x\nb@y");
	gives("\"A\tB\" <a@x>", "A B|a@x");
	gives("\"A\x01"
	      "B\x7f\" <a@x>",
	    "AB|a@x");
	gives("\"a\r\n b\"@x", "\"a b\"@x");
	refuses("a\x01@x");
	refuses("\"a\x01\"@x");
	refuses("\"a\\\rb\"@x");
	refuses("joe\\\r\n");
	refuses("joe\\\r\n , b@x");
	refuses("joe\\\r\n <a@x>");
	refuses("a@x\x7f");
}

static void
groups(void **state)
{
	(void)state;
	gives("grp: b@x, c@x;", "b@x\nc@x");
	gives("grp:;", "");
	gives("grp: b@x, c@x", "b@x\nc@x");
	gives("a@x, \"my grp\": b@x;, c@x", "a@x\nb@x\nc@x");
	gives("one: a@x; two: B <b@x>;", "a@x\nB|b@x");
	gives("grp: a b;", "a\nb");
	refuses("host::user");
	refuses("host:port:user");
	refuses("a@x: b@x");
	refuses(": b@x");
}

static void
routes(void **state)
{
	(void)state;
	gives("<@a,@b:u@d>", "u@d");
	gives("Name <@route.example:e@x>", "Name|e@x");
	gives("<@[192.0.2.1]:u@d>, b", "u@d\nb");
	refuses("<@a,@b>");
	refuses("<@a,@b");
}

static void
old_style_lists(void **state)
{
	(void)state;
	gives("root joe", "root\njoe");
	gives("a@x b@y\tc", "a@x\nb@y\nc");
	gives("<a@x> <b@y>", "a@x\nb@y");
	gives("<a@x> b@y", "a@x\nb@y");
	gives("Cron Daemon", "Cron\nDaemon");
	gives("word word <a@x>", "word word|a@x");
	gives("\"John Doe\" j@x", "\"John Doe\"\nj@x");
	refuses("<a b@x>");
	refuses("a\"b\"@x");
}

static void
verbatim_names(void **state)
{
	(void)state;
	gives("\\root", "!root");
	gives("\\root, joe", "!root\njoe");
	gives("\\root joe", "!root\njoe");
	gives("Name <\\root>", "!Name|root");
	gives("joe\\y", "joey");
}

static void
raw_utf8(void **state)
{
	(void)state;
	gives("J\xc3\xbcrgen <j\xc3\xbc@b\xc3\xbc"
	      "cher.example>",
	    "J\xc3\xbcrgen|j\xc3\xbc@b\xc3\xbc"
	    "cher.example");
	/* Latin-1: a name may have it, an address may not. */
	gives("J\xfcrgen <j@x>", "J\xfcrgen|j@x");
	refuses("j\xfc@x");
	assert_true(address_is_utf8("j\xc3\xbc@x"));
	assert_false(address_is_utf8("j@x"));
}

static void
no_addresses(void **state)
{
	(void)state;
	gives("<>", "");
	refuses("@x");
	refuses("a@");
	refuses("a@b@c");
	refuses("a@@c");
	refuses("a@.x");
	refuses("a@x..y");
	refuses("a@x!y");
	refuses("a@x>");
	refuses("<a@x");
	refuses("<<a@x>>");
	refuses("<a@x, b@x>");
	refuses("a@x )");
	refuses("\"a@x");
	refuses("a@x (never closed, b@y");
	refuses("a@[192.0.2.1");
	refuses("a@[192.0.2.1 ]b");
	refuses("a@x\\");
	refuses("\"\"@x");
	refuses("a@x, b@, c@x");
}

static void
error_names_the_piece(void **state)
{
	static const char text[] = "good@x, bad@@x, other@x";
	struct address_list list = {0};
	struct error error;

	(void)state;
	assert_int_equal(address_list_parse("first@x", 7, &list, &error), 0);
	assert_int_equal(address_list_parse(text, strlen(text), &list, &error), -1);
	assert_string_equal(error.text, "bad address: bad@@x");
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].address, "first@x");
	assert_int_equal(address_list_parse("a, ::include:/x, b", 18, &list, &error), -1);
	assert_string_equal(error.text, "bad address: ::include:/x");
	assert_int_equal(address_list_parse("a, B <c d@x>, e", 15, &list, &error), -1);
	assert_string_equal(error.text, "bad address: B <c d@x>");
	assert_int_equal(address_list_parse("more@x", 6, &list, &error), 0);
	assert_int_equal(list.count, 2);
	address_list_free(&list);
}

static void
nul_octets_are_no_end(void **state)
{
	struct address_list list = {0};
	struct error error;

	(void)state;
	assert_int_equal(address_list_parse("a@x\0, b@y", 9, &list, &error), -1);
	assert_int_equal(address_list_parse("\"N\0me\" <b@y>", 12, &list, &error), 0);
	assert_string_equal(list.items[0].name, "Nme");
	address_list_free(&list);
}

/* "PREFIX" and then `count` times `unit`. */
static char *
repeated(const char *prefix, const char *unit, size_t count)
{
	size_t prefix_length = strlen(prefix);
	size_t unit_length = strlen(unit);
	char *text = malloc(prefix_length + unit_length * count + 1);

	assert_non_null(text);
	memcpy(text, prefix, prefix_length + 1);
	for (size_t i = 0; i < count; i++)
		memcpy(text + prefix_length + i * unit_length, unit, unit_length + 1);
	return text;
}

static void
large_fields(void **state)
{
	struct address_list list = {0};
	struct error error;
	char *text;

	(void)state;
	text = repeated("", "\"Doe, J\" <someone@mail.example>,\r\n ", 50000);
	assert_int_equal(address_list_parse(text, strlen(text), &list, &error), 0);
	assert_int_equal(list.count, 50000);
	assert_string_equal(list.items[49999].name, "Doe, J");
	address_list_free(&list);
	free(text);

	text = repeated("", "a ", ADDRESS_LIST_MAX + 1);
	assert_int_equal(address_list_parse(text, strlen(text), &list, &error), -1);
	assert_int_equal(error.status, EX_DATAERR);
	free(text);
	address_list_free(&list);

	/* Neither deep comments nor many open brackets cost more than their length. */
	text = repeated("a@x ", "(", 1000000);
	refuses(text);
	free(text);
	text = repeated("", "((((((((((a))))))))))", 50000);
	gives(text, "");
	free(text);
	text = repeated("", "a:;", 500000);
	gives(text, "");
	free(text);
	text = repeated("", "<", 1000000);
	refuses(text);
	free(text);
	text = repeated("", "a.", 500000);
	refuses(text);
	free(text);
}

static void
one_address(void **state)
{
	static const struct {
		const char *text;
		const char *expected; /* null: refused */
	} cases[] = {
	    {"", ""},
	    {"  ", ""},
	    {"<>", ""},
	    {"a@x", "a@x"},
	    {"<a@x>", "a@x"},
	    {"Name <a@x>", "a@x"},
	    {"root", "root"},
	    {"\"ab\"@x", "ab@x"},
	    {"a@x, b@x", NULL},
	    {"a b", NULL},
	    {"grp:;", NULL},
	    {",", NULL},
	    {"a@x\nRCPT TO:<b@x>", NULL},
	    {"a@", NULL},
	};
	struct error error;
	char *address;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int result = address_parse_one(cases[i].text, &address, &error);

		if (cases[i].expected == NULL) {
			assert_int_equal(result, -1);
			assert_int_equal(error.status, EX_DATAERR);
			assert_null(address);
			continue;
		}
		assert_int_equal(result, 0);
		assert_string_equal(address, cases[i].expected);
		free(address);
	}
}

static void
length_bound(void **state)
{
	char *text = repeated("", "a", ADDRESS_MAX - 2);
	char *address = NULL;
	char *long_domain = repeated("a@", "x", 256);
	struct error error;

	(void)state;
	assert_false(address_is_valid(long_domain));
	long_domain[strlen(long_domain) - 1] = '\0';
	assert_true(address_is_valid(long_domain));
	free(long_domain);
	assert_int_equal(address_parse_one(text, &address, &error), 0);
	free(address);
	free(text);
	text = repeated("", "a", ADDRESS_MAX + 1);
	assert_false(address_is_valid(text));
	assert_int_equal(address_parse_one(text, &address, &error), -1);
	free(text);
	/* 255 octets that must be escaped: too long as they are written. */
	text = repeated("\"", "\\\\", ADDRESS_MAX / 2 - 1);
	text = realloc(text, strlen(text) + 4);
	assert_non_null(text);
	strcat(text, "\"@x");
	assert_int_equal(address_parse_one(text, &address, &error), -1);
	free(text);
}

static void
validity(void **state)
{
	static const char *const good[] = {"a", "a@x", "a.b@x.y", "\"a b\"@x", "\"a\\\"b\"@x",
	    "a@[192.0.2.1]", "a@[IPv6:::1]", "j\xc3\xbc@x", "\xc2\xa0@x", "#$%&'*+-/=?^_`{|}~@x"};
	static const char *const bad[] = {"", "@x", "a@", "a b@x", "a@x y", "a@b@c", "a..b@x",
	    ".a@x", "a.@x", "\"a@x", "\"a\"b@x", "\"a\r\"@x", "\"\"@x", "a@x\r\nRSET", "a\t@x",
	    "a@[", "a@[]", "a@[1 2]", "j\xfc@x", "\xc0\xaf@x", "\xed\xa0\x80@x", "a@-x>", "<a@x>",
	    "\"a\\", "\xc2\x80@x", "\"\xc2\x9b\"@x", "a@\xc2\x9f"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!address_is_valid(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (address_is_valid(bad[i]))
			fail_msg("accepted: %s", bad[i]);
}

static void
domains(void **state)
{
	char *qualified;

	(void)state;
	assert_string_equal(address_domain("a@x"), "x");
	assert_string_equal(address_domain("\"a@b\"@x"), "x");
	assert_string_equal(address_domain("\"a\\\"@b\"@x"), "x");
	assert_null(address_domain("a"));
	assert_null(address_domain("\"a@b\""));
	assert_null(address_domain(""));
	qualified = address_qualify("a", "x.example");
	assert_string_equal(qualified, "a@x.example");
	free(qualified);
	qualified = address_qualify("a@y", "x.example");
	assert_string_equal(qualified, "a@y");
	free(qualified);
	qualified = address_qualify("\"a@y\"", "x.example");
	assert_string_equal(qualified, "\"a@y\"@x.example");
	free(qualified);
}

static void
equality(void **state)
{
	(void)state;
	assert_true(address_equal("a@Example.COM", "a@example.com"));
	assert_false(address_equal("A@x", "a@x"));
	assert_false(address_equal("a", "a@x"));
	assert_false(address_equal("a@x", "a@"));
	assert_true(address_equal("a", "a"));
	assert_true(address_compare("a@x", "b@x") < 0);
	assert_true(address_compare("b@x", "a@x") > 0);
	assert_int_equal(address_compare("a@", "a@x"), -address_compare("a@x", "a@"));
}

/* A small fixed generator: the same input in every run. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
random_octets(void **state)
{
	static const char likely[] = "aab@@..,;:<>()[]\"\\ \t\r\n\0\xc3\xbc\xff";
	uint32_t seed = 20261122;
	struct address_list list = {0};
	size_t accepted = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t length = next_random(&seed) % 40;
		char *text = malloc(length + 1); /* exact, so that ASan sees the end */

		assert_non_null(text);
		for (size_t i = 0; i < length; i++)
			text[i] = round % 8 == 0
				      ? (char)next_random(&seed)
				      : likely[next_random(&seed) % (sizeof(likely) - 1)];
		text = realloc(text, length == 0 ? 1 : length);
		if (address_list_parse(text, length, &list, NULL) == 0)
			accepted++;
		/* Whatever is taken can be written, and read again as the same. */
		for (size_t i = 0; i < list.count; i++) {
			char *again;

			if (*list.items[i].address == '\0')
				continue;
			assert_true(address_is_valid(list.items[i].address));
			assert_int_equal(address_parse_one(list.items[i].address, &again, NULL), 0);
			assert_string_equal(again, list.items[i].address);
			free(again);
		}
		address_list_free(&list);
		free(text);
	}
	assert_true(accepted > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_addresses),
	    cmocka_unit_test(what_system_programs_write),
	    cmocka_unit_test(quoting),
	    cmocka_unit_test(comments),
	    cmocka_unit_test(folding_and_control_characters),
	    cmocka_unit_test(groups),
	    cmocka_unit_test(routes),
	    cmocka_unit_test(old_style_lists),
	    cmocka_unit_test(verbatim_names),
	    cmocka_unit_test(raw_utf8),
	    cmocka_unit_test(no_addresses),
	    cmocka_unit_test(error_names_the_piece),
	    cmocka_unit_test(nul_octets_are_no_end),
	    cmocka_unit_test(large_fields),
	    cmocka_unit_test(one_address),
	    cmocka_unit_test(length_bound),
	    cmocka_unit_test(validity),
	    cmocka_unit_test(domains),
	    cmocka_unit_test(equality),
	    cmocka_unit_test(random_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
