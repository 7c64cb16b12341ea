/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <cmocka.h>

#include "tests/unit/config/configuration.h"

struct fault {
	const char *text;
	const char *message; /* all of it up to the end of this */
};

/* A client and a profile, to be continued with keys of the profile. */
#define CLIENT "oauth_clients:\n  c: {token_endpoint: https://e/t, client_id: i}\n"
#define PROFILE "profiles:\n  p:\n    host: h\n"
#define TOKEN CLIENT PROFILE "    oauth_client: c\n    username: u\n"

static void
expect_faults(const struct fault *faults, size_t count)
{
	struct config *config;
	struct error error;

	for (size_t i = 0; i < count; i++) {
		if (configuration_load(faults[i].text, config_load, &config, &error) == 0)
			fail_msg("accepted: %s", faults[i].text);
		assert_null(config);
		assert_int_equal(error.status, EX_CONFIG);
		if (strncmp(error.text, faults[i].message, strlen(faults[i].message)) != 0)
			fail_msg("%s\nexpected: %s", error.text, faults[i].message);
		assert_null(strstr(error.text, "hunter2"));
	}
}

#define EXPECT_FAULTS(faults) expect_faults(faults, sizeof(faults) / sizeof((faults)[0]))

static void
keys(void **state)
{
	static const struct fault faults[] = {
	    {"hostnam: x\n", "1:1: unknown key \"hostnam\"; did you mean \"hostname\"?"},
	    {"zzz: x\n", "1:1: unknown key \"zzz\""},
	    {"hostname: a\npostmaster: b\nhostname: c\n",
		"3:1: duplicate key \"hostname\" (already in line 1)"},
	    {"queue:\n  retry_min: 1m\n",
		"2:3: unknown key \"retry_min\"; did you mean \"retry_minimum\"?"},
	    {"profiles:\n  p:\n    host: h\n    prot: 1\n",
		"4:5: unknown key \"prot\"; did you mean \"port\"?"},
	    {"profiles:\n  p: {host: h, limits: {conections: 1}}\n",
		"2:25: unknown key \"conections\"; did you mean \"connections\"?"},
	    {"oauth_clients:\n  c:\n    client-id: 1\n",
		"3:5: unknown key \"client-id\"; did you mean \"client_id\"?"},
	    {"oauth_clients:\n  c:\n    client_credentials_scopes: [x]\n",
		"3:5: unknown key \"client_credentials_scopes\""},
	    {"profiles:\n  p: {host: h}\n  p: {host: h}\n",
		"3:3: duplicate key \"p\" (already in line 2)"},
	    {"profiles:\n  -p: {host: h}\n", "2:3: a name in \"profiles\" must begin with"},
	    {"profiles:\n  a/b: {host: h}\n", "2:3: a name in \"profiles\" must begin with"},
	    {"oauth_clients:\n  "
	     "a1234567890123456789012345678901234567890123456789012345678901234: {}\n",
		"2:3: a name in \"oauth_clients\" must begin with"},
	    {"routes:\n  - {sendr: x, profile: p}\n",
		"2:6: unknown key \"sendr\"; did you mean \"sender\"?"},
	    {TOKEN "    token_parameters: {a: 1, a: 2}\n", "8:30: duplicate key \"a\""},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
types(void **state)
{
	static const struct fault faults[] = {
	    {"- a\n", "1:1: must be a mapping"},
	    {"just text\n", "1:1: must be a mapping"},
	    {"hostname: [a]\n", "1:11: \"hostname\" must be a single value, not a list"},
	    {"hostname: {a: b}\n", "1:11: \"hostname\" must be a single value, not a mapping"},
	    {"hostname:\n", "1:10: \"hostname\" must have a value"},
	    {"hostname: \"\"\n", "1:11: \"hostname\" must have a value"},
	    {"profiles: [a]\n", "1:11: \"profiles\" must be a mapping"},
	    {"routes: {a: b}\n", "1:9: \"routes\" must be a list"},
	    {"routes: [a]\n", "1:10: must be a mapping"},
	    {"queue: 5m\n", "1:8: \"queue\" must be a mapping"},
	    {"alert_command: page\n", "1:16: \"alert_command\" must be a list of a program"},
	    {"alert_command: []\n", "1:16: \"alert_command\" must be a list of a program"},
	    {"alert_command: [\"\"]\n", "1:17: \"alert_command\" must have a value"},
	    {"alert_command: [a, [b]]\n",
		"1:20: \"alert_command\" must be a single value, not a list"},
	    {PROFILE "    scopes: a b\n", "4:13: \"scopes\" must be a list"},
	    {PROFILE "    disable: dsn\n", "4:14: \"disable\" must be a list"},
	    {PROFILE "    token_parameters: [a]\n", "4:23: \"token_parameters\" must be a mapping"},
	    {"profiles:\n  p: text\n", "2:6: must be a mapping"},
	    {"postmaster: \"a\\nb\"\n", "1:13: \"postmaster\" must not contain control characters"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
values(void **state)
{
	static const struct fault faults[] = {
	    {"sandbox: on\n", "1:10: \"sandbox\" must be one of auto, required, off"},
	    {"hostname: a b\n", "1:11: \"hostname\" must be a domain name"},
	    {"local_mail: admin\n", "1:13: \"local_mail\" must be a mail address with domain"},
	    {"local_mail: a@b@c\n", "1:13: \"local_mail\" must be a mail address with domain"},
	    {"aliases: etc/aliases\n", "1:10: \"aliases\" must be an absolute path"},
	    {"directories: {spool: spool}\n", "1:22: \"spool\" must be an absolute path"},
	    {"message_size_limit: 1023\n", "1:21: \"message_size_limit\" must be a size"},
	    {"message_size_limit: 35MB\n", "1:21: \"message_size_limit\" must be a size"},
	    {"queue: {lifetime: 0}\n", "1:19: \"lifetime\" must be a duration: "},
	    {"queue: {lifetime: 5}\n", "1:19: \"lifetime\" must be a duration: "},
	    {"queue: {lifetime: 366d}\n", "1:19: \"lifetime\" must be a duration: "},
	    {"queue: {delay_warning: soon}\n", "1:24: \"delay_warning\" must be a duration, or 0"},
	    {"queue:\n  retry_minimum: 2h\n", "2:18: \"retry_minimum\" must not exceed"},
	    {"queue:\n  retry_maximum: 30s\n", "2:18: \"retry_minimum\" must not exceed"},
	    {PROFILE "    port: 0\n", "4:11: \"port\" must be a number from 1 to 65535"},
	    {PROFILE "    port: 65536\n", "4:11: \"port\" must be a number from 1 to 65535"},
	    {PROFILE "    port: smtp\n", "4:11: \"port\" must be a number from 1 to 65535"},
	    {PROFILE "    port: -1\n", "4:11: \"port\" must be a number from 1 to 65535"},
	    {PROFILE "    limits: {connections: 0}\n",
		"4:27: \"connections\" must be a number from 1"},
	    {PROFILE "    tls: ssl\n", "4:10: \"tls\" must be one of starttls, implicit, none"},
	    {PROFILE "    tls_minimum_version: 1.1\n",
		"4:26: \"tls_minimum_version\" must be one of 1.2, 1.3"},
	    {PROFILE "    disable: [dsn, tls]\n", "4:20: \"disable\" must be one of pipelining"},
	    {PROFILE "    reply_to: \"{name}@x\"\n",
		"4:15: \"reply_to\" knows only the placeholders"},
	    {PROFILE "    refresh_ahead: 0\n", "4:20: \"refresh_ahead\" must be a duration: "},
	    {PROFILE "    scopes: [a, \"b c\"]\n",
		"4:17: \"scopes\" must be a list of single scopes"},
	    {PROFILE "    token_parameters: {client_secret: hunter2}\n",
		"4:24: \"token_parameters\" must not contain what Postoak itself sets"},
	    {"profiles:\n  p: {host: \"h:25\"}\n", "2:13: \"host\" must be a host name"},
	    {"profiles:\n  p: {host: h, from: me}\n", "2:22: \"from\" must be a mail address"},
	    {"profiles:\n  p: {host: h}\nroutes: [{user: no-such-user, profile: p}]\n",
		"3:17: no such user \"no-such-user\""},
	    {"profiles:\n  p: {host: h}\nroutes: [{user: 99999999999, profile: p}]\n",
		"3:17: no such user"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
endpoints(void **state)
{
#define ENDPOINT(url) "oauth_clients: {c: {client_id: i, token_endpoint: \"" url "\"}}\n"
	static const struct fault faults[] = {
	    {ENDPOINT("http://as.example/token"), "1:51: \"token_endpoint\" must be https://"},
	    {ENDPOINT("http://localhost/token"), "1:51: \"token_endpoint\" must be https://"},
	    {ENDPOINT("http://127.1/token"), "1:51: \"token_endpoint\" must be https://"},
	    {ENDPOINT("http://127.0.0.1.evil.example/"),
		"1:51: \"token_endpoint\" must be https://"},
	    {ENDPOINT("http://127.0.0.1@evil.example/"),
		"1:51: \"token_endpoint\" must not contain a user name"},
	    {ENDPOINT("https://user:hunter2@as.example/"),
		"1:51: \"token_endpoint\" must not contain a user name"},
	    {ENDPOINT("ftp://as.example/"), "1:51: \"token_endpoint\" must be an https:// URL"},
	    {ENDPOINT("https://as.example/#x"), "1:51: \"token_endpoint\" must be an https:// URL"},
	    {ENDPOINT("https:///token"), "1:51: \"token_endpoint\" must contain a host name"},
	    {ENDPOINT("https://as.example:0/"),
		"1:51: \"token_endpoint\" must contain a host name"},
	    {ENDPOINT("https://as.example:x/"),
		"1:51: \"token_endpoint\" must contain a host name"},
	    {ENDPOINT("https://[::1/"), "1:51: \"token_endpoint\" must contain a host name"},
	    {ENDPOINT("https://e/{tenant}"), "1:51: \"token_endpoint\" knows only the placeholder"},
	    {ENDPOINT("https://e/t\\\", proxy: \\\"x"),
		"1:51: \"token_endpoint\" must be an https"},
	    {"oauth_clients: {c: {client_id: i, token_endpoint: \"https://e/t\",\n"
	     "  proxy: \"http://u:hunter2@p:1\"}}\n",
		"2:10: \"proxy\" must not contain a user name or password"},
	    {"oauth_clients: {c: {client_id: i, token_endpoint: \"https://e/t\",\n"
	     "  redirect_uri: \"http://app.example/\"}}\n",
		"2:17: \"redirect_uri\" must be https://"},
	};
	static const char *const good[] = {ENDPOINT("http://127.0.0.1:1/t"),
	    ENDPOINT("http://127.255.1.2"), ENDPOINT("http://[::1]:8080/t?x=y"),
	    ENDPOINT("HTTPS://as.example:65535/t")};
	struct config *config;
	struct error error;

	(void)state;
	EXPECT_FAULTS(faults);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (configuration_load(good[i], config_load, &config, &error) < 0)
			fail_msg("%s", error.text);
		config_free(config);
	}
}

static void
aliases(void **state)
{
#define SHARED(more) "profiles:\n  a: &a {host: &h h, limits: {connections: 1}}\n" more
	static const struct fault faults[] = {
	    /* A value is wrong where it is used, */
	    {SHARED("  b: {host: h, port: *h}\n"), "3:22: \"port\" must be a number"},
	    {SHARED("  b: {host: h, limits: *h}\n"), "3:24: \"limits\" must be a mapping"},
	    /* a key where it stands. */
	    {SHARED("  b: {host: h, limits: *a}\n"), "2:10: unknown key \"host\""},
	    {SHARED("  *h : {host: h}\n  *h : {host: h}\n"),
		"4:3: duplicate key \"h\" (already in line 3)"},
	    {SHARED("  b: {<<: *a, port: 25}\n"), "3:7: unknown key \"<<\""},
	    {SHARED("  b: {host: h, username: u, password: *h}\n"),
		"3:39: \"password\" must say where the secret is"},
	    {SHARED("  b: {host: h, username: u, password: *hunter2}\n"),
		"3:39: an alias without an anchor"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
secrets(void **state)
{
#define SECRET(value) "oauth_clients:\n  c:\n    client_secret: " value "\n"
	static const struct fault faults[] = {
	    {SECRET("hunter2"),
		"3:20: \"client_secret\" must say where the secret is, not contain it, "
		"because this file is world-readable: {sealed: NAME}, {file: PATH}"},
	    {SECRET(""), "3:19: \"client_secret\" must say where the secret is"},
	    {SECRET("{hunter2}"), "3:21: \"client_secret\" must be one of {sealed: NAME}"},
	    {SECRET("[hunter2]"), "3:20: \"client_secret\" must be one of {sealed: NAME}"},
	    {SECRET("{plain: hunter2}"), "3:21: \"client_secret\" must be one of {sealed: NAME}"},
	    {SECRET("{sealed: a, file: /b}"),
		"3:20: \"client_secret\" must be one of {sealed: NAME}"},
	    {SECRET("{sealed: ../x}"), "3:29: \"sealed\" must begin with"},
	    {SECRET("{file: hunter2}"), "3:27: \"file\" must be an absolute path"},
	    {SECRET("{credential: ../x}"), "3:33: \"credential\" must be the name of a credential"},
	    {SECRET("{env: a=b}"), "3:26: \"env\" must be the name of an environment variable"},
	    {SECRET("{command: cat x}"), "3:30: \"command\" must be a list of a program"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
dangling_names(void **state)
{
	static const struct fault faults[] = {
	    {"oauth_clients: {contoso: {token_endpoint: https://e/t, client_id: i}}\n"
	     "profiles:\n  p: {host: h, oauth_client: contosso}\n",
		"3:30: unknown OAuth client \"contosso\"; did you mean \"contoso\"?"},
	    {"profiles:\n  p: {host: h}\nroutes:\n  - {profile: q9}\n",
		"4:15: unknown profile \"q9\""},
	    {"profiles:\n  office: {host: h}\ndefault_profile: ofice\n",
		"3:18: unknown profile \"ofice\"; did you mean \"office\"?"},
	    {"default_profile:\n", "1:17: \"default_profile\" must have a value"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
missing_keys(void **state)
{
	static const struct fault faults[] = {
	    {"oauth_clients:\n  c: {client_id: i}\n", "2:3: missing key \"token_endpoint\": "},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t}\n",
		"2:3: missing key \"client_id\": "},
	    {"oauth_clients:\n  c: {token_endpoint: \"https://e/{tenant_id}\", client_id: i}\n",
		"2:3: missing key \"tenant_id\": token_endpoint needs it"},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, client_id: i,\n"
	     "    client_authentication: client_secret_basic}\n",
		"2:3: missing key \"client_secret\": "},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, client_id: i,\n"
	     "    client_authentication: private_key_jwt}\n",
		"2:3: missing key \"private_key\": "},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, client_id: i, certificate: /c}\n",
		"2:3: missing key \"private_key\": certificate needs it"},
	    {"oauth_clients:\n  c: {issuer: https://e}\n", "2:3: missing key \"client_id\": "},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, service_account: {file: /s},\n"
	     "    client_secret: {file: /c}}\n",
		"2:3: missing key \"client_id\": client_authentication needs it"},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, service_account: {file: "
	     "/s}}\n" PROFILE
	     "    username: u\n    oauth_client: c\n    grant: authorization_code\n",
		"2:3: missing key \"client_id\": grant authorization_code of profile p needs it"},
	    {"profiles:\n  p: {port: 25}\n", "2:3: missing key \"host\": "},
	    {"profiles:\n  p:\n", "2:3: missing key \"host\": "},
	    {TOKEN, "4:3: missing key \"grant\": "},
	    {PROFILE "    username: u\n    grant: device_code\n",
		"2:3: missing key \"oauth_client\": grant device_code needs it"},
	    {PROFILE "    username: u\n    grant: command\n",
		"2:3: missing key \"token_command\": grant command needs it"},
	    {PROFILE "    grant: command\n    token_command: [x]\n",
		"2:3: missing key \"username\": "},
	    {PROFILE "    username: u\n", "2:3: missing key \"password\": "},
	    {PROFILE "    password: {sealed: p}\n", "2:3: missing key \"username\": "},
	    {TOKEN "    grant: client_credentials\n", "2:3: missing key \"client_secret\": grant "
						      "client_credentials of profile p needs it"},
	    {TOKEN "    grant: authorization_code\n",
		"2:3: missing key \"authorization_endpoint\": "},
	    {TOKEN "    grant: device_code\n",
		"2:3: missing key \"device_authorization_endpoint\": "},
	    {TOKEN "    grant: jwt_bearer\n", "2:3: missing key \"service_account\": "},
	    {TOKEN "    grant: refresh_token\n",
		"4:3: missing key \"refresh_token\": grant refresh_token needs it"},
	    {PROFILE "    rewrite_from: always\n",
		"2:3: missing key \"from\": rewrite_from always"},
	    {PROFILE "    null_sender: rewrite\n",
		"2:3: missing key \"from\": null_sender rewrite"},
	    {"profiles:\n  p: {host: h}\nroutes:\n  - {sender: x}\n",
		"4:5: missing key \"profile\": "},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

static void
combinations(void **state)
{
	static const struct fault faults[] = {
	    {TOKEN "    grant: refresh_token\n    password: {sealed: p}\n",
		"9:15: \"password\" and \"grant\" exclude each other"},
	    {"oauth_clients:\n  c: {token_endpoint: https://e/t, client_id: i,\n"
	     "    private_key: {file: /k}, client_assertion: {file: /a}}\n",
		"3:48: \"client_assertion\" and \"private_key\" exclude each other"},
	    {"oauth_clients:\n  c: {issuer: \"https://e/?t=1\", client_id: i}\n",
		"2:15: \"issuer\" must not contain a query"},
	    {TOKEN "    grant: client_credentials\n    refresh_token: {sealed: p}\n",
		"9:20: \"refresh_token\" is only for grant refresh_token"},
	    {PROFILE "    username: u\n    token_command: [x]\n",
		"5:20: \"token_command\" is only for grant command"},
	    {PROFILE "    username: u\n    password: {sealed: p}\n    mechanism: xoauth2\n",
		"6:16: \"mechanism\" xoauth2 needs a grant"},
	    {PROFILE "    username: u\n    grant: command\n    token_command: [x]\n"
		     "    mechanism: plain\n",
		"7:16: \"mechanism\" plain is for passwords"},
	    {PROFILE "    tls: none\n",
		"4:10: \"tls\" may be none only where \"host\" is a loopback"},
	    {"profiles: {p: {host: localhost, tls: none}}\n", "1:38: \"tls\" may be none only"},
	    {"profiles: {p: {host: 128.0.0.1, tls: none}}\n", "1:38: \"tls\" may be none only"},
	};
	static const char *const good[] = {"profiles: {p: {host: 127.0.0.1, tls: none}}\n",
	    "profiles: {p: {host: 127.9.8.7, tls: none}}\n",
	    "profiles: {p: {host: \"::1\", tls: none}}\n"};
	struct config *config;
	struct error error;

	(void)state;
	EXPECT_FAULTS(faults);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (configuration_load(good[i], config_load, &config, &error) < 0)
			fail_msg("%s", error.text);
		config_free(config);
	}
}

static void
syntax(void **state)
{
	static const struct fault faults[] = {
	    {"profiles:\n\tp: 1\n", "2:1: found character that cannot start any token"},
	    {"a: [1\n", "2:1: did not find expected ',' or ']'"},
	    {"client_secret: 'hunter2\n", "2:1: found unexpected end of stream"},
	};

	(void)state;
	EXPECT_FAULTS(faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys),
	    cmocka_unit_test(types),
	    cmocka_unit_test(values),
	    cmocka_unit_test(endpoints),
	    cmocka_unit_test(aliases),
	    cmocka_unit_test(secrets),
	    cmocka_unit_test(dangling_names),
	    cmocka_unit_test(missing_keys),
	    cmocka_unit_test(combinations),
	    cmocka_unit_test(syntax),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
