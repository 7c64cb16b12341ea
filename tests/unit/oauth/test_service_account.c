/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include <cmocka.h>

#include "oauth/service_account.h"

static void
a_key_file(void **state)
{
	struct service_account account;
	struct error error;

	(void)state;
	assert_int_equal(service_account_parse(&account,
			     "{\"type\": \"service_account\", \"project_id\": \"p\",\n"
			     " \"private_key_id\": \"k1\", \"private_key\": \"a\\nb\\n\",\n"
			     " \"client_email\": \"x@p.iam.gserviceaccount.com\",\n"
			     " \"token_uri\": \"https://elsewhere.example/token\"}",
			     &error),
	    0);
	assert_string_equal(account.client_email, "x@p.iam.gserviceaccount.com");
	assert_string_equal(account.private_key, "a\nb\n");
	assert_string_equal(account.private_key_id, "k1");
	service_account_wipe(&account);
	assert_int_equal(service_account_parse(
			     &account, "{\"private_key\": \"k\", \"client_email\": \"e\"}", &error),
	    0);
	assert_null(account.private_key_id);
	service_account_wipe(&account);
}

static void
other_things_are_refused(void **state)
{
	static const struct {
		const char *json;
		const char *text;
	} cases[] = {
	    {"", "lacks client_email"},
	    {"-----BEGIN PRIVATE KEY-----", "lacks client_email"},
	    {"{\"client_email\": \"e\"}", "lacks private_key"},
	    {"{\"client_email\": \"e\", \"private_key\": 1}", "lacks private_key"},
	    {"{\"type\": \"authorized_user\", \"private_key\": \"hunter2\"}",
		"its type is authorized_user"},
	    {"{\"private_key\": \"hunter2\"}", "lacks client_email"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct service_account account;
		struct error error;

		assert_int_equal(service_account_parse(&account, cases[i].json, &error), -1);
		assert_int_equal(error.status, EX_CONFIG);
		assert_non_null(strstr(error.text, cases[i].text));
		assert_null(strstr(error.text, "hunter2"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_file),
	    cmocka_unit_test(other_things_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
