/* SPDX-License-Identifier: ISC */
#include "queue/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#define ID UINT64_C(0x660D83D0ABCD)

static char alice[] = "Alice@Example.com";
static char nobody[] = "";
static char bob[] = "bob@example.org";
static char carol[] = "carol@example.net";
static char done[] = "done@example.org";

static struct recipient recipients[] = {{.address = bob}, {.address = carol}, {.address = done}};

static bool
all_but_the_last(const void *context, size_t index)
{
	(void)context;
	return index < 2;
}

/* Whether the selections in `words` mean the message of `sender`. */
static bool
means(const char *words, char *sender)
{
	const struct envelope envelope = {
	    .sender = sender, .recipients = recipients, .recipient_count = 3};
	const struct candidate candidate = {
	    .id = ID, .envelope = &envelope, .is_open = all_but_the_last};
	struct selection selection = {0};
	struct error error;
	char *copy = strdup(words);
	bool result;

	assert_non_null(copy);
	if (selection_add_all(&selection, copy, &error) < 0)
		fail_msg("%s: %s", words, error.text);
	result = selection_matches(&selection, &candidate);
	free(copy);
	return result;
}

static void
test_matches(void **state)
{
	static const struct {
		const char *words;
		bool alices;
		bool nobodys;
	} cases[] = {
	    {"", true, true},
	    {"I660D83D0ABCD", true, true},
	    {"I3d0ab", true, true},
	    {"I660D83D0ABCE", false, false},
	    {"!I660D", false, false},
	    {"!I661", true, true},
	    {"Salice@", true, false},
	    {"!Salice@", false, true},
	    {"S<>", false, true},
	    {"!S<>", true, false},
	    {"Rexample.org", true, true},
	    {"RCAROL", true, true},
	    {"Rdone@", false, false},
	    {"!Rdone@", true, true},
	    {"!Rcarol@", false, false},
	    {"Rnobody@ Rcarol@", true, true},
	    {"Rnobody@ !Rdone@", true, true},
	    {"Rbob@ Salice@", true, false},
	    {"Rnobody@ Salice@", false, false},
	    {"I660 Rbob@ Sbob@ S<>", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (means(cases[i].words, alice) != cases[i].alices)
			fail_msg("%s: Alice's", cases[i].words);
		if (means(cases[i].words, nobody) != cases[i].nobodys)
			fail_msg("%s: nobody's", cases[i].words);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {"", "!", "I", "!R", "S", "Gx", "x", "!!Rx", "Ra b",
	    "Ra\nflush", "R\x7f", " Rx", "Rx\t"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct selection selection = {0};
		struct error error = {0};

		if (selection_add(&selection, cases[i], &error) == 0)
			fail_msg("'%s' is taken", cases[i]);
		assert_int_equal(error.status, EX_USAGE);
		assert_int_equal(selection.count, 0);
	}
}

static void
test_bounds(void **state)
{
	struct selection selection = {0};
	struct error error;
	char line[8];

	(void)state;
	for (int i = 0; i < SELECTION_MAX; i++)
		assert_int_equal(selection_add(&selection, "Rx", &error), 0);
	assert_int_equal(selection_add(&selection, "Rx", &error), -1);
	assert_int_equal(error.status, EX_USAGE);

	selection.count = 1;
	assert_int_equal(selection_request(&selection, "flush", line, sizeof(line), &error), -1);
	assert_int_equal(error.status, EX_USAGE);
	assert_int_equal(selection_request(&selection, "list", line, sizeof(line), &error), 0);
	assert_string_equal(line, "list Rx");
	selection.count = 0;
	assert_int_equal(selection_request(&selection, "flush", line, sizeof(line), &error), 0);
	assert_string_equal(line, "flush");
}

/* What a request carries is taken as it was meant. */
static void
test_request(void **state)
{
	struct selection given = {0};
	struct selection taken = {0};
	struct error error;
	char line[64];

	(void)state;
	assert_int_equal(selection_add(&given, "!R\xc3\xa4@example.org", &error), 0);
	assert_int_equal(selection_add(&given, "S<>", &error), 0);
	assert_int_equal(selection_request(&given, "flush", line, sizeof(line), &error), 0);
	assert_int_equal(selection_add_all(&taken, line + strlen("flush "), &error), 0);
	assert_int_equal(taken.count, 2);
	assert_string_equal(taken.words[0], given.words[0]);
	assert_string_equal(taken.words[1], "S<>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
