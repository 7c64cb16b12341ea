/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "oauth/scrub.h"

static const char secret[] = "s3cret+ w/rd";
static const char *const secrets[] = {secret, NULL, "abc"};

static void
check(const char *text, const char *expected)
{
	char out[256];

	scrub(out, sizeof(out), text, secrets, 3);
	assert_string_equal(out, expected);
}

static void
secrets_go_in_both_forms(void **state)
{
	(void)state;
	check("no s3cret+ w/rd here", "no [redacted] here");
	check("a=s3cret%2B+w%2Frd&b", "a=[redacted]&b");
	check("s3cret+ w/rds3cret+ w/rd", "[redacted][redacted]");
	check("abc is too short to be told from a word", "abc is too short to be told from a word");
}

static void
a_secret_cut_at_the_end_goes_too(void **state)
{
	(void)state;
	check("it was s3cret+ w/", "it was [redacted]");
}

static void
what_looks_like_a_token_goes(void **state)
{
	(void)state;
	check("got AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD.", "got [redacted].");
	/* People quote these to the provider's support. */
	check("Trace ID: 0f1c1a5e-7d1d-4f5e-9d53-2f1b2a3c4d5e",
	    "Trace ID: 0f1c1a5e-7d1d-4f5e-9d53-2f1b2a3c4d5e");
}

static void
control_characters_cannot_forge_lines(void **state)
{
	(void)state;
	check("one\r\ntwo\x1b[2J\xc3\xa4", "one  two?[2J??");
}

static void
truncation_leaves_no_part_of_a_secret(void **state)
{
	char out[12];

	(void)state;
	scrub(out, sizeof(out), "12345 s3cret+ w/rd", secrets, 3);
	assert_string_equal(out, "12345 [reda");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(secrets_go_in_both_forms),
	    cmocka_unit_test(a_secret_cut_at_the_end_goes_too),
	    cmocka_unit_test(what_looks_like_a_token_goes),
	    cmocka_unit_test(control_characters_cannot_forge_lines),
	    cmocka_unit_test(truncation_leaves_no_part_of_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
