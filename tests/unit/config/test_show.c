/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/show.h"
#include "tests/unit/config/configuration.h"

static char *
show(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(config_show(config, stream), 0);
	fclose(stream);
	return text;
}

/* What is shown loads, means the same, and is shown the same. */
static void
round_trip(const char *text)
{
	struct config *first;
	struct config *second;
	struct error error;
	char *shown;
	char *again;

	if (configuration_load_with_providers(text, &first, &error) < 0)
		fail_msg("%s", error.text);
	shown = show(first);
	if (configuration_load(shown, config_load, &second, &error) < 0)
		fail_msg("%s in:\n%s", error.text, shown);
	again = show(second);
	assert_string_equal(again, shown);
	assert_int_equal(second->profile_count, first->profile_count);
	for (size_t i = 0; i < first->profile_count; i++)
		assert_true(config_profile_equal(&first->profiles[i], &second->profiles[i]));
	free(again);
	free(shown);
	config_free(second);
	config_free(first);
}

static void
what_is_shown_means_the_same(void **state)
{
	(void)state;
	round_trip("");
	round_trip("untrusted_sender: reject\ntrusted_users: []\n");
	round_trip("untrusted_sender: warn\ntrusted_users: [root, \"33\"]\n");
	round_trip(
	    "hostname: web1.example.com\n"
	    "local_mail: \"null@example.com\"\n"
	    "alert_command: [/bin/page, \"\", \"~\", \"a: b # c\", \"'\\\"\\u0085\\u2028é\"]\n"
	    "queue: {delay_warning: 0}\n"
	    "minimum_free_space: 0\n"
	    "oauth_clients:\n"
	    "  m: {provider: microsoft365, tenant_id: t, client_id: \"0123\", client_secret: "
	    "{sealed: m}}\n"
	    "  g: {provider: google, client_id: i, service_account: {file: /sa.json}}\n"
	    "  h: {provider: microsoft365-direct, tenant_domain: contoso.com}\n"
	    "  x: {token_endpoint: https://e/t, client_id: i, scopes: [a, b],\n"
	    "      private_key: {command: [pass, \"\", key]}, certificate: /c, proxy: p}\n"
	    "profiles:\n"
	    "  app: {oauth_client: m, grant: client_credentials, username: a@contoso.com}\n"
	    "  user: {oauth_client: m, grant: device_code, username: b@contoso.com}\n"
	    "  google: {oauth_client: g, grant: jwt_bearer, username: c@example.com}\n"
	    "  password: {provider: google, username: \"null\", password: {env: P}}\n"
	    "  direct: {oauth_client: h}\n"
	    "  command: {host: h, grant: command, token_command: [x, y], username: u,\n"
	    "            disable: [chunking, dsn], token_parameters: {a: \"\\\"\", b: \"~\"}}\n"
	    "  plain: {host: \"::1\", tls: none}\n"
	    "routes:\n"
	    "  - {sender: \"*@x\", recipient: \"<>\", profile: app}\n"
	    "  - {user: 0, profile: user}\n"
	    "default_profile: google\n");
}

static void
templates_and_defaults_are_filled_in(void **state)
{
	static const char *const expected[] = {
	    "\nmessage_size_limit: 35M\n",
	    "\n  retry_minimum: 1m\n",
	    "\n    client_secret: {sealed: contoso}\n",
	    "\n    token_endpoint: https://login.microsoftonline.com/t/oauth2/v2.0/token\n",
	    "\n    host: smtp.office365.com\n",
	    "\n    scopes: ['https://outlook.office365.com/.default']\n",
	    "\n    rewrite_from: always\n",
	    "\n    null_sender: rewrite\n",
	    "\n      messages_per_minute: 30\n",
	    "\ndefault_profile: office\n",
	};
	struct config *config;
	struct error error;
	char *text;

	(void)state;
	assert_int_equal(configuration_load_with_providers(
			     "oauth_clients:\n"
			     "  c: {provider: microsoft365, tenant_id: t, client_id: i,\n"
			     "      client_secret: {sealed: contoso}}\n"
			     "profiles:\n"
			     "  office: {oauth_client: c, grant: client_credentials,\n"
			     "           username: a@contoso.com}\n",
			     &config, &error),
	    0);
	text = show(config);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (strstr(text, expected[i]) == NULL)
			fail_msg("not shown: %s in:\n%s", expected[i], text);
	free(text);
	config_free(config);
}

static void
a_full_disk_is_noticed(void **state)
{
	struct config *config;
	struct error error;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	assert_int_equal(configuration_load("", config_load, &config, &error), 0);
	assert_int_equal(config_show(config, full), -1);
	fclose(full);
	config_free(config);
}

static void
the_sample_loads_as_nothing_configured(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	if (config_load("config/postoak.yaml", &config, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(config->profile_count, 0);
	assert_int_equal(config->route_count, 0);
	assert_null(config->local_mail);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_shown_means_the_same),
	    cmocka_unit_test(templates_and_defaults_are_filled_in),
	    cmocka_unit_test(a_full_disk_is_noticed),
	    cmocka_unit_test(the_sample_loads_as_nothing_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
