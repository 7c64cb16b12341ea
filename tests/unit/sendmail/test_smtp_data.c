/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char taken[256];
static size_t taken_length;

static void
take(void *context, const char *text, size_t length)
{
	(void)context;
	assert_true(length > 0 && length < sizeof taken - taken_length);
	memcpy(taken + taken_length, text, length);
	taken_length += length;
	taken[taken_length] = '\0';
}

/* Feed `input` in pieces of `step` octets. Returns how many were used. */
static size_t
feed(bool crlf, const char *input, size_t step, bool *ended)
{
	struct smtp_data data = {.put = take};
	size_t length = strlen(input);
	size_t used = 0;

	taken_length = 0;
	taken[0] = '\0';
	smtp_data_begin(&data, crlf);
	while (used < length && data.state != SMTP_DATA_END) {
		size_t part = length - used < step ? length - used : step;
		size_t count = smtp_data_feed(&data, input + used, part);

		assert_true(count == part || data.state == SMTP_DATA_END);
		used += count;
	}
	*ended = data.state == SMTP_DATA_END;
	return used;
}

struct data_case {
	const char *input;
	const char *text;
	const char *rest; /* what follows the end; null: it does not end */
};

/* Whatever the pieces, the same must come out. */
static void
check(bool crlf, const struct data_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *input = cases[i].input;

		for (size_t step = 1; step <= strlen(input); step++) {
			bool ended;
			size_t used = feed(crlf, input, step, &ended);

			if (ended != (cases[i].rest != NULL))
				fail_msg("case %zu: ended: %d", i, ended);
			assert_string_equal(taken, cases[i].text);
			assert_string_equal(input + used, ended ? cases[i].rest : "");
		}
	}
}

static void
after_crlf(void **state)
{
	static const struct data_case cases[] = {
	    {".\r\nQUIT\r\n", "", "QUIT\r\n"},
	    {"a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n"},
	    {"a\r\n\r\n.\r\n", "a\r\n\r\n", ""},
	    {"a\r\n..\r\n.b\r\n.\r\n", "a\r\n.\r\nb\r\n", ""},
	    {"a\r\n...b\r\n.\r\n", "a\r\n..b\r\n", ""},
	    /* What one side may take for the end, and the other not. */
	    {"a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", ""},
	    {"a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", ""},
	    {"a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", ""},
	    {"a\r.\rb\r\n.\r\n", "a\r.\rb\r\n", ""},
	    {"a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", ""},
	    {"a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", ""},
	    {"a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\r\nb\r\n", ""},
	    {"a\r\n\r.\r\nb\r\n.\r\n", "a\r\n\r.\r\nb\r\n", ""},
	    {".\nb\r\n.\r\n", "\nb\r\n", ""},
	    {"\n.\r\nb\r\n.\r\n", "\n.\r\nb\r\n", ""},
	    {"a\r\r\n.\r\nb", "a\r\r\n", "b"},
	    {"a\r\n.b.\r\n..\n.\r\n.\r\n", "a\r\nb.\r\n.\n.\r\n", ""},
	    {"a\n..b\r\n.\r\n", "a\n..b\r\n", ""},
	    /* Without an end. */
	    {"a\r\n.", "a\r\n", NULL},
	    {"a\r\n.\r", "a\r\n", NULL},
	    {"a\r\n . \r\n", "a\r\n . \r\n", NULL},
	};

	(void)state;
	check(true, cases, sizeof cases / sizeof *cases);
}

static void
after_lf(void **state)
{
	static const struct data_case cases[] = {
	    {".\nQUIT\n", "", "QUIT\n"},
	    {"a\n.\nQUIT\n", "a\n", "QUIT\n"},
	    {"a\n..\n.b\n.\n", "a\n.\nb\n", ""},
	    {"a\r\n.\r\nb\n.\n", "a\r\n\r\nb\n", ""},
	    {"a\n.\r\nb\n.\n", "a\n\r\nb\n", ""},
	    {"a\r.\rb\n.\n", "a\r.\rb\n", ""},
	    {"a\r\n..b\n.\n", "a\r\n.b\n", ""},
	    {".\r\nb\n.\n", "\r\nb\n", ""},
	    /* A file with CRLF, sent by a program that knows LF only. */
	    {"a\r\n.\nb", "a\r\n", "b"},
	    {"a\n.", "a\n", NULL},
	};

	(void)state;
	check(false, cases, sizeof cases / sizeof *cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(after_crlf),
	    cmocka_unit_test(after_lf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
