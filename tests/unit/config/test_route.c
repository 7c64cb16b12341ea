/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/route.h"
#include "tests/unit/config/configuration.h"

static const char profiles[] = "profiles:\n"
			       "  a: {host: a.example}\n"
			       "  b: {host: b.example}\n"
			       "  c: {host: c.example}\n";

static struct config *
load(const char *rest)
{
	struct config *config;
	struct error error;
	char *text;

	assert_true(asprintf(&text, "%s%s", profiles, rest) > 0);
	if (configuration_load(text, config_load, &config, &error) < 0)
		fail_msg("%s", error.text);
	free(text);
	return config;
}

static const char *
choose(const struct config *config, const char *sender, const char *recipient, uid_t user)
{
	const struct config_profile *profile = route_choose(config, sender, recipient, user);

	return profile != NULL ? profile->name : "none";
}

static void
the_first_match_wins(void **state)
{
	struct config *config = load("routes:\n"
				     "  - {sender: \"*@Contoso.com\", profile: a}\n"
				     "  - {recipient: \"*@partner.org\", profile: b}\n"
				     "  - {user: 33, profile: c}\n"
				     "default_profile: b\n");

	(void)state;
	assert_string_equal(choose(config, "x@CONTOSO.COM", "y@partner.org", 0), "a");
	assert_string_equal(choose(config, "x@other.com", "y@Partner.Org", 33), "b");
	assert_string_equal(choose(config, "x@other.com", "y@z.org", 33), "c");
	assert_string_equal(choose(config, "x@other.com", "y@z.org", 34), "b");
	assert_string_equal(choose(config, "x@contoso.com.evil", "y@z.org", 0), "b");
	config_free(config);
}

static void
all_conditions_of_a_route_must_hold(void **state)
{
	struct config *config =
	    load("routes:\n"
		 "  - {sender: \"<>\", user: 0, profile: a}\n"
		 "  - {sender: \"r??t@*\", recipient: \"[ab]*\", profile: b}\n");

	(void)state;
	assert_string_equal(choose(config, "", "x@y.z", 0), "a");
	assert_string_equal(choose(config, "", "x@y.z", 1), "none");
	assert_string_equal(choose(config, "root@h", "ann@y.z", 0), "b");
	assert_string_equal(choose(config, "root@h", "zoe@y.z", 0), "none");
	config_free(config);
}

static void
the_default_is_the_only_profile(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	config = load("");
	assert_null(config->default_profile);
	config_free(config);
	assert_int_equal(
	    configuration_load("profiles: {one: {host: h.example}}", config_load, &config, &error),
	    0);
	assert_string_equal(choose(config, "a@b.c", "d@e.f", 0), "one");
	config_free(config);
	assert_int_equal(configuration_load("", config_load, &config, &error), 0);
	assert_string_equal(choose(config, "a@b.c", "d@e.f", 0), "none");
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_match_wins),
	    cmocka_unit_test(all_conditions_of_a_route_must_hold),
	    cmocka_unit_test(the_default_is_the_only_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
