/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include "tests/unit/config/configuration.h"

static void
a_missing_file_means_defaults(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	assert_int_equal(config_load_submission("/nonexistent/postoak.yaml", &config, &error), 0);
	assert_false(config->file_exists);
	assert_string_equal(config->path, "/nonexistent/postoak.yaml");
	assert_string_equal(config->postmaster, "postmaster");
	assert_non_null(config->hostname);
	assert_non_null(config->mail_name);
	config_free(config);
}

static void
faults_elsewhere_are_passed_over(void **state)
{
	static const char text[] = "hostname: web1.example.com\n"
				   "unknown: [1, 2]\n"
				   "sandbox: perhaps\n"
				   "sandbox: twice\n"
				   "queue: nonsense\n"
				   "alert_command: {a: b}\n"
				   "oauth_clients: 7\n"
				   "profiles: [a, b]\n"
				   "routes: x\n"
				   "default_profile: nobody\n"
				   "directories: {spool: /s, future: relative}\n"
				   "local_mail: admin@example.com\n";
	struct config *config;
	struct error error;

	(void)state;
	if (configuration_load(text, config_load_submission, &config, &error) < 0)
		fail_msg("%s", error.text);
	assert_true(config->file_exists);
	assert_string_equal(config->hostname, "web1.example.com");
	assert_string_equal(config->local_mail, "admin@example.com");
	assert_string_equal(config->directories.spool, "/s");
	assert_int_equal(config->profile_count, 0);
	config_free(config);
}

static void
aliases_are_values_of_its_own_keys(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	if (configuration_load("profiles: {p: {from: &id001 web1.example.com}}\n"
			       "hostname: *id001\n",
		config_load_submission, &config, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(config->hostname, "web1.example.com");
	config_free(config);
}

static void
its_own_faults_are_errors(void **state)
{
	static const char *const faults[][2] = {
	    {"hostname: [a]\n", "1:11: \"hostname\" must be a single value, not a list"},
	    {"x: 1\nmessage_size_limit: lots\n", "2:21: \"message_size_limit\" must be a size"},
	    {"directories: {spool: rel}\n", "1:22: \"spool\" must be an absolute path"},
	    {"untrusted_sender: maybe\n",
		"1:19: \"untrusted_sender\" must be one of accept, warn, reject"},
	    {"trusted_users: [\"a b\"]\n",
		"1:17: \"trusted_users\" must be the name of an account"},
	    {"directories: here\n", "1:14: \"directories\" must be a mapping"},
	    {"hostname: a\nhostname: b\n", "2:1: duplicate key \"hostname\""},
	    {"a: b: c\n", "1:5: mapping values are not allowed"},
	    {"[a, b]\n", "1:1: must be a mapping"},
	    {"profiles: *x\n", "1:11: an alias without an anchor"},
	};
	struct config *config;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		assert_int_equal(
		    configuration_load(faults[i][0], config_load_submission, &config, &error), -1);
		assert_int_equal(error.status, EX_CONFIG);
		if (strncmp(error.text, faults[i][1], strlen(faults[i][1])) != 0)
			fail_msg("%s\nexpected: %s", error.text, faults[i][1]);
	}
}

static void
who_may_send_as_whom(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	assert_int_equal(configuration_load("", config_load_submission, &config, &error), 0);
	assert_int_equal(config->untrusted_sender, UNTRUSTED_ACCEPT);
	assert_int_equal(config->trusted_users.count, 1);
	assert_string_equal(config->trusted_users.items[0], "root");
	config_free(config);
	assert_int_equal(
	    configuration_load("untrusted_sender: reject\ntrusted_users: [www-data, 4711]\n",
		config_load_submission, &config, &error),
	    0);
	assert_int_equal(config->untrusted_sender, UNTRUSTED_REJECT);
	assert_int_equal(config->trusted_users.count, 2);
	assert_string_equal(config->trusted_users.items[1], "4711");
	config_free(config);
}

static void
an_unreadable_file_is_not_a_missing_one(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	assert_int_equal(config_load_submission("/", &config, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_missing_file_means_defaults),
	    cmocka_unit_test(faults_elsewhere_are_passed_over),
	    cmocka_unit_test(aliases_are_values_of_its_own_keys),
	    cmocka_unit_test(its_own_faults_are_errors),
	    cmocka_unit_test(who_may_send_as_whom),
	    cmocka_unit_test(an_unreadable_file_is_not_a_missing_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
