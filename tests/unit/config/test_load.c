/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include "tests/unit/config/configuration.h"

static struct config *
load(const char *text)
{
	struct config *config;
	struct error error;

	if (configuration_load(text, config_load, &config, &error) < 0)
		fail_msg("%s", error.text);
	return config;
}

static void
nothing_means_defaults(void **state)
{
	struct config *config = load("");

	(void)state;
	assert_true(config->file_exists);
	assert_non_null(config->hostname);
	assert_non_null(config->mail_name);
	assert_null(config->local_mail);
	assert_string_equal(config->postmaster, "postmaster");
	assert_string_equal(config->aliases, "/etc/aliases");
	assert_true(config->message_size_limit == 35 << 20);
	assert_true(config->minimum_free_space == 64 << 20);
	assert_string_equal(config->syslog_name, "postoak");
	assert_string_equal(config->user, "postoak");
	assert_string_equal(config->submit_group, "postoak-drop");
	assert_string_equal(config->directories.spool, "/var/spool/postoak");
	assert_string_equal(config->directories.state, "/var/lib/postoak");
	assert_string_equal(config->directories.runtime, "/run/postoak");
	assert_string_equal(config->directories.providers, POSTOAK_DATADIR "/providers");
	assert_null(config->alert_command);
	assert_int_equal(config->sandbox, SANDBOX_AUTO);
	assert_int_equal(config->queue.retry_minimum, 60);
	assert_int_equal(config->queue.retry_maximum, 3600);
	assert_int_equal(config->queue.lifetime, 5 * 86400);
	assert_int_equal(config->queue.delay_warning, 4 * 3600);
	assert_int_equal(config->profile_count, 0);
	assert_null(config->default_profile);
	config_free(config);
}

static void
every_top_level_key(void **state)
{
	struct config *config =
	    load("hostname: web1.example.com\n"
		 "mail_name: example.com\n"
		 "local_mail: admin@example.com\n"
		 "postmaster: pm@example.com\n"
		 "aliases: /tmp/aliases\n"
		 "message_size_limit: 1G\n"
		 "minimum_free_space: 0\n"
		 "syslog_name: mta\n"
		 "user: root\n"
		 "submit_group: mail\n"
		 "alert_command: [/bin/page, \"\", -x]\n"
		 "sandbox: required\n"
		 "directories: {spool: /s, state: /t, runtime: /r, providers: /p}\n"
		 "queue: {retry_minimum: 1s, retry_maximum: 2m, lifetime: 365d,\n"
		 "  delay_warning: 0}\n"
		 "oauth_clients:\n"
		 "profiles:\n"
		 "routes:\n");

	(void)state;
	assert_string_equal(config->hostname, "web1.example.com");
	assert_string_equal(config->mail_name, "example.com");
	assert_string_equal(config->local_mail, "admin@example.com");
	assert_string_equal(config->postmaster, "pm@example.com");
	assert_string_equal(config->aliases, "/tmp/aliases");
	assert_true(config->message_size_limit == 1 << 30);
	assert_true(config->minimum_free_space == 0);
	assert_string_equal(config->syslog_name, "mta");
	assert_string_equal(config->user, "root");
	assert_string_equal(config->submit_group, "mail");
	assert_string_equal(config->alert_command[0], "/bin/page");
	assert_string_equal(config->alert_command[1], "");
	assert_string_equal(config->alert_command[2], "-x");
	assert_null(config->alert_command[3]);
	assert_int_equal(config->sandbox, SANDBOX_REQUIRED);
	assert_string_equal(config->directories.spool, "/s");
	assert_string_equal(config->directories.providers, "/p");
	assert_int_equal(config->queue.retry_minimum, 1);
	assert_int_equal(config->queue.retry_maximum, 120);
	assert_int_equal(config->queue.lifetime, 365 * 86400);
	assert_int_equal(config->queue.delay_warning, 0);
	config_free(config);
}

static void
a_client_and_its_profile(void **state)
{
	struct config *config =
	    load("oauth_clients:\n"
		 "  c:\n"
		 "    client_id: id\n"
		 "    client_secret: {command: [vault, read]}\n"
		 "    client_authentication: client_secret_basic\n"
		 "    token_endpoint: http://127.0.0.1:8080/token\n"
		 "    authorization_endpoint: https://as.example/a?x=1\n"
		 "    issuer: https://as.example\n"
		 "    scopes: [one, two]\n"
		 "    ca_file: /ca.pem\n"
		 "    tls_minimum_version: \"1.3\"\n"
		 "    timeout: 10s\n"
		 "    redirect_uri: http://localhost:1234/\n"
		 "    proxy: socks5h://proxy:1080\n"
		 "profiles:\n"
		 "  p:\n"
		 "    host: \"::1\"\n"
		 "    tls: none\n"
		 "    oauth_client: c\n"
		 "    grant: authorization_code\n"
		 "    mechanism: oauthbearer\n"
		 "    disable: [pipelining, 8bitmime]\n"
		 "    username: me@example.com\n"
		 "    authorization_parameters: {prompt: consent}\n"
		 "    token_parameters: {resource: \"1\"}\n"
		 "    refresh_ahead: 10m\n"
		 "    reply_to: \"help+{user}@{hostname}\"\n"
		 "    archive: sent@example.com\n"
		 "    rewrite_from: never\n"
		 "    null_sender: rewrite\n"
		 "    limits: {connections: 7, messages_per_minute: 30, message_size: 25M}\n"
		 "    timeouts: {connect: 1s}\n");
	const struct config_profile *p = config_find_profile(config, "p");
	const struct config_client *c = config_find_client(config, "c");

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->client_secret.kind, SECRET_COMMAND);
	assert_string_equal(c->client_secret.argv[1], "read");
	assert_int_equal(c->authentication, CLIENT_SECRET_BASIC);
	assert_int_equal(c->tls_minimum_version, TLS_1_3);
	assert_int_equal(c->timeout, 10);
	assert_string_equal(c->proxy, "socks5h://proxy:1080");
	assert_non_null(p);
	assert_ptr_equal(config->default_profile, p);
	assert_ptr_equal(p->client, c);
	assert_int_equal(p->port, 25);
	assert_int_equal(p->tls, TLS_NONE);
	assert_int_equal(p->grant, GRANT_AUTHORIZATION_CODE);
	assert_int_equal(p->mechanism, MECHANISM_OAUTHBEARER);
	assert_int_equal(p->disable, DISABLE_PIPELINING | DISABLE_8BITMIME);
	assert_int_equal(p->scopes.count, 2);
	assert_string_equal(p->scopes.items[1], "two");
	assert_string_equal(p->token_parameters.items[0].value, "1");
	assert_int_equal(p->refresh_ahead, 600);
	assert_string_equal(p->from, "me@example.com");
	assert_int_equal(p->rewrite_from, REWRITE_NEVER);
	assert_true(p->null_sender_rewrite);
	assert_int_equal(p->limits.connections, 7);
	assert_int_equal(p->limits.messages_per_connection, 100);
	assert_true(p->limits.message_size == 25 << 20);
	assert_int_equal(p->timeouts.connect, 1);
	assert_int_equal(p->timeouts.data, 600);
	config_free(config);
}

static void
profile_defaults(void **state)
{
	struct config *config = load("profiles:\n"
				     "  a: {host: mail.isp.net, username: me, password: {env: P}}\n"
				     "  b: {host: mail.isp.net, tls: implicit}\n"
				     "  c: {host: mail.isp.net, grant: command,\n"
				     "      token_command: [x], username: u@v.w}\n");
	const struct config_profile *a = &config->profiles[0];
	const struct config_profile *b = &config->profiles[1];

	(void)state;
	assert_int_equal(a->port, 587);
	assert_int_equal(a->tls, TLS_STARTTLS);
	assert_int_equal(a->mechanism, MECHANISM_BEST);
	assert_null(a->from);
	assert_int_equal(a->rewrite_from, REWRITE_LOCAL);
	assert_false(a->null_sender_rewrite);
	assert_int_equal(a->refresh_ahead, 0);
	assert_int_equal(a->limits.connections, 3);
	assert_int_equal(a->limits.messages_per_minute, 0);
	assert_int_equal(a->limits.recipients_per_message, 100);
	assert_true(a->limits.message_size == 0);
	assert_int_equal(b->port, 465);
	assert_int_equal(b->index, 1);
	assert_null(b->username);
	assert_null(config->profiles[2].client);
	assert_null(config->default_profile);
	config_free(config);
}

static void
authentication_follows_from_what_there_is(void **state)
{
	struct config *config =
	    load("oauth_clients:\n"
		 "  a: {token_endpoint: https://e/t, client_id: i, client_secret: {sealed: s}}\n"
		 "  b: {token_endpoint: https://e/t, client_id: i, private_key: {file: /k}}\n"
		 "  c: {token_endpoint: https://e/t, client_id: i, client_assertion: {file: /k}}\n"
		 "  d: {token_endpoint: https://e/t, client_id: i}\n"
		 "  e: {token_endpoint: https://e/t, service_account: {file: /k}}\n");

	(void)state;
	assert_int_equal(config->clients[0].authentication, CLIENT_SECRET_POST);
	assert_int_equal(config->clients[1].authentication, CLIENT_PRIVATE_KEY_JWT);
	assert_int_equal(config->clients[2].authentication, CLIENT_PRIVATE_KEY_JWT);
	assert_int_equal(config->clients[3].authentication, CLIENT_PUBLIC);
	assert_int_equal(config->clients[4].authentication, CLIENT_PUBLIC);
	for (size_t i = 0; i < 5; i++)
		assert_false(config->clients[i].authentication_chosen);
	config_free(config);
	config = load("oauth_clients: {a: {token_endpoint: https://e/t, client_id: i,\n"
		      "  client_secret: {sealed: s}, client_authentication: none}}\n");
	assert_int_equal(config->clients[0].authentication, CLIENT_PUBLIC);
	assert_true(config->clients[0].authentication_chosen);
	config_free(config);
}

/* What its issuer publishes is not known yet, so nothing can be said to be missing. */
static void
an_issuer_takes_the_place_of_endpoints(void **state)
{
	struct config *config =
	    load("oauth_clients: {c: {issuer: https://e/a, client_id: i}}\n"
		 "profiles:\n"
		 "  p: {host: h, oauth_client: c, grant: authorization_code, username: u}\n"
		 "  q: {host: h, oauth_client: c, grant: device_code, username: u}\n"
		 "default_profile: p\n");

	(void)state;
	assert_null(config->clients[0].token_endpoint);
	assert_string_equal(config->clients[0].issuer, "https://e/a");
	config_free(config);
}

static void
equality_sees_every_key(void **state)
{
	static const char first[] =
	    "oauth_clients: {c: {token_endpoint: https://e/t, client_id: i}}\n"
	    "profiles: {p: {host: h, oauth_client: c, grant: refresh_token, username: u,\n"
	    "  refresh_token: {sealed: r}, token_parameters: {a: b}, disable: [dsn]}}\n";
	static const char *const changes[][2] = {
	    {"host: h", "host: i"},
	    {"https://e/t", "https://e/u"},
	    {"sealed: r", "sealed: s"},
	    {"sealed: r", "env: r"},
	    {"a: b", "a: c"},
	    {"dsn", "size"},
	    {"username: u", "username: u, limits: {connections: 9}"},
	    {"username: u", "username: u, from: u@v.w"},
	    {"username: u", "username: u, null_sender: keep"},
	};
	struct config *a = load(first);
	struct config *b;
	char text[1024];
	const char *at;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		at = strstr(first, changes[i][0]);
		assert_non_null(at);
		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - first), first,
		    changes[i][1], at + strlen(changes[i][0]));
		b = load(text);
		/* Saying what is the default anyway changes nothing. */
		assert_int_equal(config_profile_equal(&a->profiles[0], &b->profiles[0]),
		    strstr(changes[i][1], "null_sender") != NULL);
		config_free(b);
	}
	b = load(first);
	assert_true(config_profile_equal(&a->profiles[0], &b->profiles[0]));
	config_free(b);
	config_free(a);
}

/* As PyYAML writes an object that stands in two places. */
static void
aliases_share_values(void **state)
{
	struct config *config = load("oauth_clients:\n"
				     "  c:\n"
				     "    client_id: i\n"
				     "    client_secret: &id001\n"
				     "      sealed: s\n"
				     "    token_endpoint: https://e/t\n"
				     "profiles:\n"
				     "  a:\n"
				     "    host: &host relay.example.com\n"
				     "    limits: &id002\n"
				     "      connections: 7\n"
				     "    username: u\n"
				     "    password: *id001\n"
				     "  b:\n"
				     "    host: *host\n"
				     "    limits: *id002\n"
				     "default_profile: b\n");
	const struct config_profile *a = config_find_profile(config, "a");
	const struct config_profile *b = config_find_profile(config, "b");

	(void)state;
	assert_string_equal(a->password.value, "s");
	assert_string_equal(b->host, "relay.example.com");
	assert_int_equal(a->limits.connections, 7);
	assert_int_equal(b->limits.connections, 7);
	assert_ptr_equal(config->default_profile, b);
	config_free(config);
}

static void
names_are_as_the_file_spells_them(void **state)
{
	(void)state;
	assert_string_equal(config_grant_name(GRANT_JWT_BEARER), "jwt_bearer");
	assert_string_equal(config_grant_name(GRANT_NONE), "none");
	assert_string_equal(config_mechanism_name(MECHANISM_XOAUTH2), "xoauth2");
	assert_string_equal(config_mechanism_name(MECHANISM_BEST), "best");
}

static void
a_missing_file_is_an_error(void **state)
{
	struct config *config;
	struct error error;

	(void)state;
	assert_int_equal(config_load("/nonexistent/postoak.yaml", &config, &error), -1);
	assert_null(config);
	assert_int_equal(error.status, EX_NOINPUT);
	assert_string_equal(
	    error.text, "cannot read /nonexistent/postoak.yaml: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_means_defaults),
	    cmocka_unit_test(every_top_level_key),
	    cmocka_unit_test(a_client_and_its_profile),
	    cmocka_unit_test(profile_defaults),
	    cmocka_unit_test(authentication_follows_from_what_there_is),
	    cmocka_unit_test(an_issuer_takes_the_place_of_endpoints),
	    cmocka_unit_test(equality_sees_every_key),
	    cmocka_unit_test(aliases_share_values),
	    cmocka_unit_test(names_are_as_the_file_spells_them),
	    cmocka_unit_test(a_missing_file_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
