/* SPDX-License-Identifier: ISC */
#include "config/fields.h"

#include <limits.h>
#include <stddef.h>

#define SUBMITTED (SCHEMA_FILE | SCHEMA_SUBMISSION)
#define TEMPLATED (SCHEMA_FILE | SCHEMA_TEMPLATE)

#define KILO (UINT64_C(1) << 10)
#define GIGA (UINT64_C(1) << 30)

static const struct schema_choice sandbox_choices[] = {
    {"auto", SANDBOX_AUTO},
    {"required", SANDBOX_REQUIRED},
    {"off", SANDBOX_OFF},
    {0},
};

static const struct schema_choice tls_choices[] = {
    {"starttls", TLS_STARTTLS},
    {"implicit", TLS_IMPLICIT},
    {"none", TLS_NONE},
    {0},
};

static const struct schema_choice tls_version_choices[] = {
    {"1.2", TLS_1_2},
    {"1.3", TLS_1_3},
    {0},
};

/* MECHANISM_BEST has no word: it is what applies without the key. */
const struct schema_choice mechanism_choices[] = {
    {"xoauth2", MECHANISM_XOAUTH2},
    {"oauthbearer", MECHANISM_OAUTHBEARER},
    {"plain", MECHANISM_PLAIN},
    {"login", MECHANISM_LOGIN},
    {0},
};

/* Likewise GRANT_NONE. */
const struct schema_choice grant_choices[] = {
    {"client_credentials", GRANT_CLIENT_CREDENTIALS},
    {"authorization_code", GRANT_AUTHORIZATION_CODE},
    {"device_code", GRANT_DEVICE_CODE},
    {"jwt_bearer", GRANT_JWT_BEARER},
    {"refresh_token", GRANT_REFRESH_TOKEN},
    {"command", GRANT_COMMAND},
    {0},
};

static const struct schema_choice authentication_choices[] = {
    {"client_secret_post", CLIENT_SECRET_POST},
    {"client_secret_basic", CLIENT_SECRET_BASIC},
    {"private_key_jwt", CLIENT_PRIVATE_KEY_JWT},
    {"none", CLIENT_PUBLIC},
    {0},
};

static const struct schema_choice rewrite_choices[] = {
    {"local", REWRITE_LOCAL},
    {"always", REWRITE_ALWAYS},
    {"never", REWRITE_NEVER},
    {0},
};

static const struct schema_choice untrusted_sender_choices[] = {
    {"accept", UNTRUSTED_ACCEPT},
    {"warn", UNTRUSTED_WARN},
    {"reject", UNTRUSTED_REJECT},
    {0},
};

static const struct schema_choice null_sender_choices[] = {
    {"keep", false},
    {"rewrite", true},
    {0},
};

static const struct schema_choice disable_choices[] = {
    {"pipelining", DISABLE_PIPELINING},
    {"chunking", DISABLE_CHUNKING},
    {"size", DISABLE_SIZE},
    {"8bitmime", DISABLE_8BITMIME},
    {"smtputf8", DISABLE_SMTPUTF8},
    {"dsn", DISABLE_DSN},
    {"enhancedstatuscodes", DISABLE_ENHANCEDSTATUSCODES},
    {0},
};

/* One line of a table. The macros name its type and destination; what else the type
 * needs follows as designated initializers. */
#define FIELD(name, kind, structure, member) \
	.key = name, .type = kind, .offset = offsetof(struct structure, member)
#define TEXT(name, structure, member, syntax) \
	FIELD(name, SCHEMA_STRING, structure, member), .check = syntax
#define NUMBER(name, structure, member, least, most) \
	FIELD(name, SCHEMA_NUMBER, structure, member), .minimum = least, .maximum = most
#define DURATION(name, structure, member, least) \
	FIELD(name, SCHEMA_DURATION, structure, member), .minimum = least
#define SIZE(name, structure, member, least, most) \
	FIELD(name, SCHEMA_SIZE, structure, member), .minimum = least, .maximum = most
#define CHOICE(name, structure, member, words) \
	FIELD(name, SCHEMA_CHOICE, structure, member), .choices = words
#define GROUP(name, table) .key = name, .type = SCHEMA_GROUP, .fields = table

static const struct schema_field directories_fields[] = {
    {TEXT("spool", config, directories.spool, syntax_path)},
    {TEXT("state", config, directories.state, syntax_path)},
    {TEXT("runtime", config, directories.runtime, syntax_path)},
    {TEXT("providers", config, directories.providers, syntax_path)},
    {0},
};

static const struct schema_field queue_fields[] = {
    {DURATION("retry_minimum", config, queue.retry_minimum, 1)},
    {DURATION("retry_maximum", config, queue.retry_maximum, 1)},
    {DURATION("lifetime", config, queue.lifetime, 1)},
    {DURATION("delay_warning", config, queue.delay_warning, 0)},
    {0},
};

const struct schema_field config_fields[] = {
    {TEXT("hostname", config, hostname, syntax_domain), .places = SUBMITTED},
    {TEXT("mail_name", config, mail_name, syntax_domain), .places = SUBMITTED},
    {TEXT("local_mail", config, local_mail, syntax_address), .places = SUBMITTED},
    {TEXT("postmaster", config, postmaster, syntax_mailbox), .places = SUBMITTED},
    {TEXT("aliases", config, aliases, syntax_path), .places = SUBMITTED},
    /* Twelve digits in the message file. */
    {SIZE("message_size_limit", config, message_size_limit, KILO, 900 * GIGA), .places = SUBMITTED},
    {SIZE("minimum_free_space", config, minimum_free_space, 0, 1024 * KILO * GIGA),
	.places = SUBMITTED},
    {CHOICE("untrusted_sender", config, untrusted_sender, untrusted_sender_choices),
	.places = SUBMITTED},
    {FIELD("trusted_users", SCHEMA_STRINGS, config, trusted_users), .check = syntax_account,
	.empty_is_set = true, .places = SUBMITTED},
    {TEXT("syslog_name", config, syslog_name, syntax_name), .places = SUBMITTED},
    {TEXT("user", config, user, syntax_account), .places = SUBMITTED},
    {TEXT("submit_group", config, submit_group, syntax_account), .places = SUBMITTED},
    {GROUP("directories", directories_fields), .places = SUBMITTED},

    {FIELD("alert_command", SCHEMA_ARGUMENTS, config, alert_command), .places = SCHEMA_FILE},
    {CHOICE("sandbox", config, sandbox, sandbox_choices), .places = SCHEMA_FILE},
    {GROUP("queue", queue_fields), .places = SCHEMA_FILE},
    {.key = "oauth_clients", .type = SCHEMA_SECTION, .places = SCHEMA_FILE},
    {.key = "profiles", .type = SCHEMA_SECTION, .places = SCHEMA_FILE},
    {.key = "routes", .type = SCHEMA_SECTION, .places = SCHEMA_FILE},
    {.key = "default_profile", .type = SCHEMA_SECTION, .places = SCHEMA_FILE},
    {0},
};

const struct schema_field default_profile_field = {
    FIELD("default_profile", SCHEMA_PROFILE, config, default_profile)};

const struct schema_field client_fields[] = {
    {TEXT("provider", config_client, provider, syntax_name), .places = SCHEMA_FILE},
    {TEXT("tenant_id", config_client, tenant_id, syntax_tenant), .places = SCHEMA_FILE},
    {TEXT("tenant_domain", config_client, tenant_domain, syntax_tenant), .places = SCHEMA_FILE},
    {TEXT("client_id", config_client, client_id, NULL), .places = SCHEMA_FILE},
    {FIELD("client_secret", SCHEMA_SECRET, config_client, client_secret), .places = SCHEMA_FILE},
    {CHOICE("client_authentication", config_client, authentication, authentication_choices),
	.places = SCHEMA_FILE},
    {TEXT("issuer", config_client, issuer, syntax_endpoint), .places = TEMPLATED},
    {TEXT("token_endpoint", config_client, token_endpoint, syntax_endpoint), .places = TEMPLATED},
    {TEXT("authorization_endpoint", config_client, authorization_endpoint, syntax_endpoint),
	.places = TEMPLATED},
    {TEXT("device_authorization_endpoint", config_client, device_authorization_endpoint,
	 syntax_endpoint),
	.places = TEMPLATED},
    {TEXT("revocation_endpoint", config_client, revocation_endpoint, syntax_endpoint),
	.places = TEMPLATED},
    {FIELD("scopes", SCHEMA_STRINGS, config_client, scopes), .check = syntax_scope,
	.places = TEMPLATED},
    {FIELD("client_credentials_scopes", SCHEMA_STRINGS, config_client, client_credentials_scopes),
	.check = syntax_scope, .places = SCHEMA_TEMPLATE},
    {FIELD("private_key", SCHEMA_SECRET, config_client, private_key), .places = SCHEMA_FILE},
    {TEXT("certificate", config_client, certificate, syntax_path), .places = SCHEMA_FILE},
    {FIELD("service_account", SCHEMA_SECRET, config_client, service_account),
	.places = SCHEMA_FILE},
    {FIELD("client_assertion", SCHEMA_SECRET, config_client, client_assertion),
	.places = SCHEMA_FILE},
    {TEXT("ca_file", config_client, ca_file, syntax_path), .places = SCHEMA_FILE},
    {CHOICE("tls_minimum_version", config_client, tls_minimum_version, tls_version_choices),
	.places = SCHEMA_FILE},
    {DURATION("timeout", config_client, timeout, 1), .places = SCHEMA_FILE},
    {TEXT("redirect_uri", config_client, redirect_uri, syntax_redirect), .places = TEMPLATED},
    {TEXT("proxy", config_client, proxy, syntax_proxy), .places = SCHEMA_FILE},
    {0},
};

static const struct schema_field limits_fields[] = {
    {NUMBER("connections", config_profile, limits.connections, 1, 100)},
    {NUMBER("messages_per_minute", config_profile, limits.messages_per_minute, 0, 1000000)},
    {NUMBER("messages_per_connection", config_profile, limits.messages_per_connection, 1, 1000000)},
    {NUMBER("recipients_per_message", config_profile, limits.recipients_per_message, 1, 5000)},
    {SIZE("message_size", config_profile, limits.message_size, 0, 900 * GIGA)},
    {0},
};

static const struct schema_field timeouts_fields[] = {
    {DURATION("connect", config_profile, timeouts.connect, 1)},
    {DURATION("command", config_profile, timeouts.command, 1)},
    {DURATION("data", config_profile, timeouts.data, 1)},
    {0},
};

const struct schema_field profile_fields[] = {
    {TEXT("provider", config_profile, provider, syntax_name), .places = SCHEMA_FILE},
    {TEXT("tenant_domain", config_profile, tenant_domain, syntax_tenant), .places = SCHEMA_FILE},
    {TEXT("host", config_profile, host, syntax_relay_host), .places = TEMPLATED},
    {NUMBER("port", config_profile, port, 1, 65535), .places = TEMPLATED},
    {CHOICE("tls", config_profile, tls, tls_choices), .places = TEMPLATED},
    {CHOICE("tls_minimum_version", config_profile, tls_minimum_version, tls_version_choices),
	.places = TEMPLATED},
    {TEXT("tls_ca_file", config_profile, tls_ca_file, syntax_path), .places = SCHEMA_FILE},
    {CHOICE("mechanism", config_profile, mechanism, mechanism_choices), .places = TEMPLATED},
    {FIELD("disable", SCHEMA_FLAGS, config_profile, disable), .choices = disable_choices,
	.places = TEMPLATED},
    {FIELD("oauth_client", SCHEMA_CLIENT, config_profile, client), .fields = client_fields,
	.places = SCHEMA_FILE},
    {CHOICE("grant", config_profile, grant, grant_choices), .places = SCHEMA_FILE},
    {FIELD("refresh_token", SCHEMA_SECRET, config_profile, refresh_token), .places = SCHEMA_FILE},
    {FIELD("token_command", SCHEMA_ARGUMENTS, config_profile, token_command),
	.places = SCHEMA_FILE},
    {TEXT("username", config_profile, username, NULL), .places = SCHEMA_FILE},
    {FIELD("password", SCHEMA_SECRET, config_profile, password), .places = SCHEMA_FILE},
    {FIELD("scopes", SCHEMA_STRINGS, config_profile, scopes), .check = syntax_scope,
	.places = SCHEMA_FILE},
    {FIELD("authorization_parameters", SCHEMA_PARAMETERS, config_profile, authorization_parameters),
	.check = syntax_parameter, .places = TEMPLATED},
    {FIELD("token_parameters", SCHEMA_PARAMETERS, config_profile, token_parameters),
	.check = syntax_parameter, .places = TEMPLATED},
    {DURATION("refresh_ahead", config_profile, refresh_ahead, 1), .zero_is_unset = true,
	.places = TEMPLATED},
    {TEXT("from", config_profile, from, syntax_address), .places = SCHEMA_FILE},
    {TEXT("reply_to", config_profile, reply_to, syntax_reply_to), .places = SCHEMA_FILE},
    {TEXT("archive", config_profile, archive, syntax_address), .places = SCHEMA_FILE},
    {CHOICE("rewrite_from", config_profile, rewrite_from, rewrite_choices), .places = TEMPLATED},
    {FIELD("null_sender", SCHEMA_SWITCH, config_profile, null_sender_rewrite),
	.choices = null_sender_choices, .places = TEMPLATED},
    {GROUP("limits", limits_fields), .places = TEMPLATED},
    {GROUP("timeouts", timeouts_fields), .places = TEMPLATED},
    {0},
};

const struct schema_field route_fields[] = {
    {TEXT("sender", config_route, sender, NULL)},
    {TEXT("recipient", config_route, recipient, NULL)},
    {FIELD("user", SCHEMA_USER, config_route, user),
	.present = offsetof(struct config_route, has_user)},
    {FIELD("profile", SCHEMA_PROFILE, config_route, profile)},
    {0},
};
