/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "sendmail/profile_insert.h"

static char provider_name[] = "microsoft365";
static char grant[] = "client_credentials";
static char *grants[] = {grant};
static const struct provider provider = {
    .name = provider_name, .grants = {.items = grants, .count = 1}};
static const struct profile_block block = {.name = "new",
    .provider = &provider,
    .grant = grant,
    .tenant = true,
    .host = true,
    .issuer = true};

/* Leave what the entries say to others: `E` stands for a line of one. */
static void
shorten(char *text)
{
	char *to = text;

	for (const char *line = text; *line != '\0';) {
		size_t length = strcspn(line, "\n") + 1;
		bool entry = strstr(line, "new:") == line + strspn(line, " ");
		size_t spaces = strspn(line, " ");

		memmove(to, line, entry ? spaces : length);
		to += entry ? spaces : length;
		line += length;
		if (!entry)
			continue;
		*to++ = 'E';
		*to++ = '\n';
		while (strspn(line, " ") > spaces) /* its keys */
			line += strcspn(line, "\n") + 1;
	}
	*to = '\0';
}

static void
expect(const char *text, const char *keep, const char *expected)
{
	struct error error;
	char *result = profile_insert(&block, "file", text, keep, &error);

	if (result == NULL)
		fail_msg("%s", error.text);
	shorten(result);
	assert_string_equal(result, expected);
	free(result);
}

static void
sections_that_are_missing_are_added(void **state)
{
	(void)state;
	expect("", NULL, "oauth_clients:\n  E\n\nprofiles:\n  E\n");
	expect("# nothing\n", NULL, "# nothing\n\noauth_clients:\n  E\n\nprofiles:\n  E\n");
	expect("hostname: a.example", NULL,
	    "hostname: a.example\n\noauth_clients:\n  E\n\nprofiles:\n  E\n");
	expect("profiles:\noauth_clients: # none yet\n\nqueue: {}\n", NULL,
	    "profiles:\n  E\noauth_clients: # none yet\n  E\n\nqueue: {}\n");
}

static void
entries_go_behind_the_others(void **state)
{
	(void)state;
	expect("oauth_clients:\n"
	       "    a:\n"
	       "        client_id: x # why\n"
	       "\n"
	       "        # of a, too\n"
	       "\n"
	       "# about profiles\n"
	       "profiles:\n"
	       " b:\n"
	       "  host: h\n"
	       "\n"
	       "# the rest\n"
	       "routes: []\n",
	    NULL,
	    "oauth_clients:\n"
	    "    a:\n"
	    "        client_id: x # why\n"
	    "\n"
	    "        # of a, too\n"
	    "    E\n"
	    "\n"
	    "# about profiles\n"
	    "profiles:\n"
	    " b:\n"
	    "  host: h\n"
	    " E\n"
	    "\n"
	    "# the rest\n"
	    "routes: []\n");
}

static void
the_only_profile_stays_the_default(void **state)
{
	(void)state;
	expect("oauth_clients:\n  a: {}\nprofiles:\n  b: {host: h}", "b",
	    "oauth_clients:\n  a: {}\n  E\nprofiles:\n  b: {host: h}\n  E\n\n"
	    "default_profile: b\n");
}

static void
refuse(const char *text, int status)
{
	struct error error = {0};

	assert_null(profile_insert(&block, "file", text, NULL, &error));
	assert_int_equal(error.status, status);
}

static void
what_has_no_place_for_it_is_refused(void **state)
{
	(void)state;
	refuse("{profiles: {}}\n", EX_DATAERR);
	refuse("profiles: {b: {host: h}}\n", EX_DATAERR);
	refuse("oauth_clients:\n  {a: {client_id: x}}\n", EX_DATAERR);
	refuse("profiles: [\n", EX_CONFIG);
	refuse("profiles: word\n", EX_DATAERR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sections_that_are_missing_are_added),
	    cmocka_unit_test(entries_go_behind_the_others),
	    cmocka_unit_test(the_only_profile_stays_the_default),
	    cmocka_unit_test(what_has_no_place_for_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
