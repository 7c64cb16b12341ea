/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include "config/provider.h"
#include "config/strings.h"
#include "tests/unit/config/configuration.h"

static struct config *
load(const char *text)
{
	struct config *config;
	struct error error;

	if (configuration_load_with_providers(text, &config, &error) < 0)
		fail_msg("%s", error.text);
	return config;
}

static void
expect_fault(const char *text, const char *message)
{
	struct config *config;
	struct error error;

	assert_int_equal(configuration_load_with_providers(text, &config, &error), -1);
	assert_int_equal(error.status, EX_CONFIG);
	if (strncmp(error.text, message, strlen(message)) != 0)
		fail_msg("%s\nexpected: %s", error.text, message);
}

static void
every_template_loads(void **state)
{
	static const char *const expected[] = {"custom", "fastmail", "google", "google-relay",
	    "microsoft365", "microsoft365-china", "microsoft365-direct", "microsoft365-gov",
	    "microsoft365-hve", "outlook"};
	struct config_strings names;
	struct provider *provider;
	struct config_client client = {0};
	struct config_profile profile = {0};
	struct error error;

	(void)state;
	assert_int_equal(provider_names(configuration_providers(), &names, &error), 0);
	assert_int_equal(names.count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < names.count; i++) {
		assert_string_equal(names.items[i], expected[i]);
		if (provider_load(configuration_providers(), names.items[i], &provider, &error) <
			0 ||
		    provider_apply_client(provider, &client, &error) < 0 ||
		    provider_apply_profile(provider, &profile, &error) < 0)
			fail_msg("%s", error.text);
		assert_non_null(provider->title);
		assert_true(provider->preparation.count > 0);
		provider_free(provider);
	}
	config_client_free(&client);
	config_profile_free(&profile);
	strings_free(&names);
}

static void
names_are_no_paths(void **state)
{
	struct provider *provider;
	struct error error;

	(void)state;
	assert_int_equal(provider_load("/etc", "../etc/x", &provider, &error), -1);
	assert_null(provider);
	assert_int_equal(provider_load(configuration_providers(), "absent", &provider, &error), -1);
	assert_int_equal(error.status, EX_NOINPUT);
}

static void
microsoft365(void **state)
{
	struct config *config = load("oauth_clients:\n"
				     "  m: {provider: microsoft365, tenant_id: contoso.com,\n"
				     "      client_id: i, client_secret: {sealed: s}}\n"
				     "profiles:\n"
				     "  app: {oauth_client: m, grant: client_credentials,\n"
				     "        username: a@contoso.com, limits: {connections: 1}}\n"
				     "  user: {oauth_client: m, grant: device_code,\n"
				     "         username: u@contoso.com, port: 25, scopes: [own]}\n"
				     "  code: {oauth_client: m, grant: authorization_code,\n"
				     "         username: u@contoso.com}\n");
	const struct config_profile *app = &config->profiles[0];
	const struct config_client *client = &config->clients[0];

	(void)state;
	assert_string_equal(client->token_endpoint,
	    "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token");
	assert_string_equal(client->device_authorization_endpoint,
	    "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/devicecode");
	assert_string_equal(config_client_scopes(client, GRANT_CLIENT_CREDENTIALS)->items[0],
	    "https://outlook.office365.com/.default");
	assert_string_equal(config_client_scopes(client, GRANT_DEVICE_CODE)->items[0],
	    "https://outlook.office.com/SMTP.Send");
	assert_string_equal(app->provider, "microsoft365");
	assert_string_equal(app->host, "smtp.office365.com");
	assert_int_equal(app->port, 587);
	assert_int_equal(app->tls, TLS_STARTTLS);
	assert_int_equal(app->mechanism, MECHANISM_XOAUTH2);
	assert_int_equal(app->rewrite_from, REWRITE_ALWAYS);
	assert_true(app->null_sender_rewrite);
	assert_int_equal(app->scopes.count, 1);
	assert_string_equal(app->scopes.items[0], "https://outlook.office365.com/.default");
	assert_int_equal(app->limits.connections, 1);
	assert_int_equal(app->limits.messages_per_minute, 30);
	assert_int_equal(config->profiles[1].port, 25);
	assert_string_equal(config->profiles[1].scopes.items[0], "own");
	assert_int_equal(config->profiles[2].scopes.count, 2);
	assert_string_equal(config->profiles[2].scopes.items[1], "offline_access");
	config_free(config);
}

static void
the_clients_own_scopes_count_for_every_grant(void **state)
{
	struct config *config = load("oauth_clients:\n"
				     "  m: {provider: microsoft365, tenant_id: t, client_id: i,\n"
				     "      client_secret: {sealed: s}, scopes: [mine]}\n"
				     "profiles:\n"
				     "  app: {oauth_client: m, grant: client_credentials,\n"
				     "        username: a@contoso.com}\n");

	(void)state;
	assert_string_equal(config->profiles[0].scopes.items[0], "mine");
	config_free(config);
}

static void
endpoints_override_the_template(void **state)
{
	struct config *config =
	    load("oauth_clients:\n"
		 "  m: {provider: microsoft365, client_id: i,\n"
		 "      client_secret: {env: S},\n"
		 "      token_endpoint: \"http://127.0.0.1:1/token\"}\n"
		 "profiles:\n"
		 "  app: {oauth_client: m, grant: client_credentials,\n"
		 "        username: a@contoso.com, host: 127.0.0.1, port: 2525}\n");

	(void)state;
	assert_string_equal(config->clients[0].token_endpoint, "http://127.0.0.1:1/token");
	/* It needs the tenant, and nothing needs it. */
	assert_null(config->clients[0].authorization_endpoint);
	assert_string_equal(config->profiles[0].host, "127.0.0.1");
	config_free(config);
}

static void
high_volume_tokens_are_refreshed_early(void **state)
{
	struct config *config = load(
	    "oauth_clients:\n"
	    "  m: {provider: microsoft365, tenant_id: t, client_id: i, client_secret: {env: S}}\n"
	    "profiles:\n"
	    "  hve: {provider: microsoft365-hve, oauth_client: m, grant: client_credentials,\n"
	    "        username: a@contoso.com}\n");

	(void)state;
	assert_string_equal(config->profiles[0].host, "smtp.hve.mx.microsoft");
	assert_string_equal(config->profiles[0].provider, "microsoft365-hve");
	assert_int_equal(config->profiles[0].refresh_ahead, 900);
	assert_int_equal(config->profiles[0].limits.recipients_per_message, 50);
	config_free(config);
}

static void
direct_send_needs_a_domain_and_no_login(void **state)
{
	static const char *const texts[] = {
	    "profiles:\n"
	    "  d: {provider: microsoft365-direct, tenant_domain: contoso.com, from: "
	    "a@contoso.com}\n",
	    "oauth_clients:\n"
	    "  m: {provider: microsoft365-direct, tenant_domain: contoso.com}\n"
	    "profiles:\n"
	    "  d: {oauth_client: m, from: a@contoso.com}\n",
	};
	struct config *config;
	const struct config_profile *direct;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		config = load(texts[i]);
		direct = &config->profiles[0];
		assert_string_equal(direct->host, "contoso-com.mail.protection.outlook.com");
		assert_int_equal(direct->port, 25);
		assert_int_equal(direct->tls, TLS_STARTTLS);
		assert_int_equal(direct->grant, GRANT_NONE);
		assert_null(direct->client);
		assert_null(direct->username);
		assert_true(direct->null_sender_rewrite);
		config_free(config);
	}
	expect_fault("profiles:\n  d: {provider: microsoft365-direct}\n",
	    "3:3: missing key \"tenant_domain\": provider microsoft365-direct needs it");
	expect_fault("profiles:\n  d: {provider: microsoft365-direct, tenant_domain: c.com,\n"
		     "    username: u, password: {env: P}}\n",
	    "4:15: provider microsoft365-direct takes no login");
	config = load("profiles:\n  d: {provider: microsoft365-direct, host: mx.contoso.com}\n");
	assert_string_equal(config->profiles[0].host, "mx.contoso.com");
	/* There is nothing to rewrite the null sender to. */
	assert_false(config->profiles[0].null_sender_rewrite);
	config_free(config);
}

static void
parameters_are_merged(void **state)
{
	struct config *config =
	    load("oauth_clients: {g: {provider: google, client_id: i}}\n"
		 "profiles:\n"
		 "  g: {oauth_client: g, grant: authorization_code, username: me@gmail.com,\n"
		 "      authorization_parameters: {prompt: none, login_hint: me@gmail.com}}\n");
	const struct config_parameters *parameters = &config->profiles[0].authorization_parameters;

	(void)state;
	assert_int_equal(parameters->count, 3);
	assert_string_equal(parameters->items[0].name, "access_type");
	assert_string_equal(parameters->items[1].name, "prompt");
	assert_string_equal(parameters->items[1].value, "none");
	assert_string_equal(parameters->items[2].name, "login_hint");
	assert_string_equal(config->profiles[0].scopes.items[0], "https://mail.google.com/");
	config_free(config);
}

static void
a_template_also_serves_passwords(void **state)
{
	struct config *config = load("profiles:\n"
				     "  g: {provider: google, username: me@gmail.com,\n"
				     "      password: {sealed: app-password}}\n"
				     "  r: {provider: google-relay, from: me@example.com}\n");

	(void)state;
	assert_int_equal(config->profiles[0].mechanism, MECHANISM_BEST);
	assert_string_equal(config->profiles[0].host, "smtp.gmail.com");
	assert_null(config->profiles[1].username);
	config_free(config);
}

static void
faults(void **state)
{
	(void)state;
	expect_fault("oauth_clients:\n  m:\n    provider: microsoft356\n",
	    "4:15: unknown provider \"microsoft356\"; known in ");
	expect_fault("oauth_clients:\n  m: {provider: microsoft365, client_id: i}\n",
	    "3:3: missing key \"tenant_id\": provider microsoft365 needs it");
	expect_fault("oauth_clients:\n  m: {provider: microsoft365, tenant_id: t}\n",
	    "3:3: missing key \"client_id\": ");
	expect_fault(
	    "oauth_clients:\n  m: {provider: ../x}\n", "3:17: \"provider\" must begin with");
	expect_fault(
	    "oauth_clients:\n  m: {provider: [x]}\n", "3:17: \"provider\" must be a single");
	expect_fault("oauth_clients:\n  m: {provider: microsoft365, tenant_id: a/b}\n",
	    "3:42: \"tenant_id\" must be a tenant's id");
	expect_fault("oauth_clients: {o: {provider: outlook, client_id: i, "
		     "client_secret: {env: S}}}\n"
		     "profiles:\n  p: {provider: microsoft365}\n",
	    "4:3: missing key \"oauth_client\": provider microsoft365 takes mail only after a "
	    "login");
}

static void
the_known_providers_are_named(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	assert_int_equal(
	    configuration_load_with_providers("profiles: {p: {provider: x}}\n", &config, &error),
	    -1);
	assert_non_null(
	    strstr(error.text, ": custom, fastmail, google, google-relay, microsoft365, "));
	assert_int_equal(configuration_load("directories: {providers: /nonexistent}\n"
					    "profiles: {p: {provider: custom}}\n",
			     config_load, &config, &error),
	    -1);
	assert_string_equal(error.text,
	    "2:26: cannot read the providers in /nonexistent: No such file or directory");
}

static void
faults_of_a_template_are_told_as_its_own(void **state)
{
	static const struct {
		const char *content;
		const char *message;
	} cases[] = {
	    {"profile: {username: me}\n", "1:11: unknown key \"username\""},
	    {"client: {client_secret: {env: X}}\n", "1:10: unknown key \"client_secret\""},
	    {"profile: {port: x}\n", "1:17: \"port\" must be a number"},
	    {"profil: {}\n", "1:1: unknown key \"profil\"; did you mean \"profile\"?"},
	    {"client: {token_endpoint: \"http://e/t\"}\n",
		"1:26: \"token_endpoint\" must be https"},
	};
	char directory[] = "/tmp/postoak-test-XXXXXX";
	char path[64];
	char text[256];
	char expected[256];
	struct config *config;
	struct error error;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/mine.yaml", directory);
	(void)snprintf(text, sizeof(text),
	    "directories: {providers: %s}\noauth_clients: {c: {provider: mine, client_id: i,\n"
	    "token_endpoint: https://e/t}}\nprofiles: {p: {provider: mine, host: h}}\n",
	    directory);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		file = fopen(path, "w");
		assert_non_null(file);
		(void)fputs(cases[i].content, file);
		fclose(file);
		assert_int_equal(configuration_load(text, config_load, &config, &error), -1);
		(void)snprintf(expected, sizeof(expected), "%s:%s", path, cases[i].message);
		if (strncmp(error.text, expected, strlen(expected)) != 0)
			fail_msg("%s\nexpected: %s", error.text, expected);
	}
	unlink(path);
	rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_template_loads),
	    cmocka_unit_test(names_are_no_paths),
	    cmocka_unit_test(microsoft365),
	    cmocka_unit_test(the_clients_own_scopes_count_for_every_grant),
	    cmocka_unit_test(endpoints_override_the_template),
	    cmocka_unit_test(high_volume_tokens_are_refreshed_early),
	    cmocka_unit_test(direct_send_needs_a_domain_and_no_login),
	    cmocka_unit_test(parameters_are_merged),
	    cmocka_unit_test(a_template_also_serves_passwords),
	    cmocka_unit_test(faults),
	    cmocka_unit_test(the_known_providers_are_named),
	    cmocka_unit_test(faults_of_a_template_are_told_as_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
