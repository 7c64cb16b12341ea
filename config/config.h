/*
 * The configuration model: what /etc/postoak/postoak.yaml says, checked and
 * completed with the providers' templates and the defaults. Read-only once
 * loaded; everything in it is owned by the struct config.
 *
 * Looking up is in config.c; what needs the schema is above it: loading in load.c,
 * freeing, comparing and naming in model.c.
 */
#ifndef POSTOAK_CONFIG_CONFIG_H
#define POSTOAK_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/error.h"
#include "config/secret.h"
#include "config/syntax.h"

#define CONFIG_DEFAULT_PATH POSTOAK_SYSCONFDIR "/postoak/postoak.yaml"

/* Names of profiles and clients: [A-Za-z0-9][A-Za-z0-9._-]*, at most this long. */
#define CONFIG_NAME_MAX SYNTAX_NAME_MAX

enum sandbox_mode { SANDBOX_AUTO, SANDBOX_REQUIRED, SANDBOX_OFF };
enum tls_mode { TLS_STARTTLS, TLS_IMPLICIT, TLS_NONE };
enum tls_version { TLS_1_2, TLS_1_3 };
enum mechanism {
	MECHANISM_BEST,
	MECHANISM_XOAUTH2,
	MECHANISM_OAUTHBEARER,
	MECHANISM_PLAIN,
	MECHANISM_LOGIN,
};
enum grant {
	GRANT_NONE, /* a password profile, or one without login */
	GRANT_CLIENT_CREDENTIALS,
	GRANT_AUTHORIZATION_CODE,
	GRANT_DEVICE_CODE,
	GRANT_JWT_BEARER,
	GRANT_REFRESH_TOKEN,
	GRANT_COMMAND,
};
enum client_authentication {
	CLIENT_SECRET_POST,
	CLIENT_SECRET_BASIC,
	CLIENT_PRIVATE_KEY_JWT,
	CLIENT_PUBLIC, /* "none" */
};
enum rewrite_from { REWRITE_LOCAL, REWRITE_ALWAYS, REWRITE_NEVER };

/* What happens where a user who is not trusted sends as somebody else. */
enum untrusted_sender { UNTRUSTED_ACCEPT, UNTRUSTED_WARN, UNTRUSTED_REJECT };

/* SMTP extensions a profile can refuse to use (`disable:`), as bits. */
enum {
	DISABLE_PIPELINING = 1 << 0,
	DISABLE_CHUNKING = 1 << 1,
	DISABLE_SIZE = 1 << 2,
	DISABLE_8BITMIME = 1 << 3,
	DISABLE_SMTPUTF8 = 1 << 4,
	DISABLE_DSN = 1 << 5,
	DISABLE_ENHANCEDSTATUSCODES = 1 << 6,
};

struct config_strings {
	char **items;
	size_t count;
};

struct config_parameter {
	char *name;
	char *value;
};

struct config_parameters {
	struct config_parameter *items;
	size_t count;
};

/* An OAuth client: an app registration. Strings are null where not configured. */
struct config_client {
	char *name;
	char *provider; /* template name, or null */
	char *tenant_id;
	char *tenant_domain;
	char *client_id;
	struct secret_reference client_secret;
	enum client_authentication authentication;
	bool authentication_chosen; /* by the file; else it follows from what there is */
	char *issuer;
	char *token_endpoint; /* null: to be found out from the issuer, as the next ones then */
	char *authorization_endpoint;
	char *device_authorization_endpoint;
	char *revocation_endpoint;
	struct config_strings scopes; /* default for its profiles */
	/* The template's for grant client_credentials where they differ from `scopes` and
	 * the client has none of its own; see config_client_scopes. */
	struct config_strings client_credentials_scopes;
	struct secret_reference private_key;
	char *certificate; /* path */
	struct secret_reference service_account;
	struct secret_reference client_assertion;
	char *ca_file; /* null: the system's */
	enum tls_version tls_minimum_version;
	unsigned timeout; /* seconds for one request */
	char *redirect_uri;
	char *proxy;
};

struct config_limits {
	unsigned connections;
	unsigned messages_per_minute; /* 0: unlimited */
	unsigned messages_per_connection;
	unsigned recipients_per_message;
	uint64_t message_size; /* octets; 0: unlimited */
};

struct config_timeouts { /* seconds */
	unsigned connect;
	unsigned command;
	unsigned data;
};

struct config_profile {
	char *name;
	size_t index; /* its place in config.profiles */
	char *provider;
	char *tenant_domain; /* its own, for {tenant_domain} in `host`; already replaced there */
	char *host;
	unsigned port;
	enum tls_mode tls;
	enum tls_version tls_minimum_version;
	char *tls_ca_file; /* null: the system's */
	enum mechanism mechanism;
	unsigned disable;                   /* DISABLE_* bits */
	const struct config_client *client; /* null for password profiles and grant command */
	enum grant grant;
	struct secret_reference refresh_token;
	char **token_command; /* null-terminated */
	char *username;       /* null: no login */
	struct secret_reference password;
	struct config_strings scopes; /* its own, else the client's, else the template's */
	struct config_parameters authorization_parameters;
	struct config_parameters token_parameters;
	unsigned refresh_ahead; /* seconds; 0: max(300, 10 % of the token's life) */
	char *from;             /* the identity; null where neither configured nor an address */
	char *reply_to;         /* template with {sender} {user} {hostname}; null */
	char *archive;          /* address, or null */
	enum rewrite_from rewrite_from;
	bool null_sender_rewrite; /* MAIL FROM:<from> instead of <>; only where there is a from */
	struct config_limits limits;
	struct config_timeouts timeouts;
};

struct config_route {    /* null patterns and has_user false match everything */
	char *sender;    /* glob */
	char *recipient; /* glob */
	bool has_user;
	uid_t user;
	const struct config_profile *profile;
};

struct config_queue { /* seconds */
	unsigned retry_minimum;
	unsigned retry_maximum;
	unsigned lifetime;
	unsigned delay_warning; /* 0: none */
};

struct config {
	char *path;       /* the file it came from */
	bool file_exists; /* false: all defaults (only config_load_submission allows it) */

	/* What sendmail reads. */
	char *hostname;
	char *mail_name;
	char *local_mail; /* null: none */
	char *postmaster;
	char *aliases; /* path */
	uint64_t message_size_limit;
	uint64_t minimum_free_space;
	enum untrusted_sender untrusted_sender;
	struct config_strings trusted_users; /* names and numbers */
	char *syslog_name;
	char *user;
	char *submit_group;
	struct {
		char *spool;
		char *state;
		char *runtime;
		char *providers;
	} directories;

	/* What the daemon and the administration read. */
	char **alert_command; /* null-terminated, or null */
	enum sandbox_mode sandbox;
	struct config_queue queue;
	struct config_client *clients;
	size_t client_count;
	struct config_profile *profiles;
	size_t profile_count;
	struct config_route *routes;
	size_t route_count;
	const struct config_profile *default_profile; /* null: none */
};

/*
 * Load and check the whole file. `path` null: CONFIG_DEFAULT_PATH. On success
 * *config is new and freed with config_free. On failure -1 and `error`: EX_CONFIG
 * with "FILE:LINE:COLUMN: message" (several faults: the first one), or EX_NOINPUT
 * where the file cannot be read, EX_OSERR where the system cannot do it now.
 */
int config_load(const char *path, struct config **config, struct error *error);

/*
 * Load what sendmail uses: only the first group of keys; unknown keys, faults
 * elsewhere and a missing file (defaults) are tolerated. EX_CONFIG for unparsable
 * YAML or a bad key of its own.
 */
int config_load_submission(const char *path, struct config **config, struct error *error);

void config_free(struct config *config);

/* Free what a client or profile owns, not itself. */
void config_client_free(struct config_client *client);
void config_profile_free(struct config_profile *profile);

/* The profile of that name, or null. */
const struct config_profile *config_find_profile(const struct config *config, const char *name);
const struct config_client *config_find_client(const struct config *config, const char *name);

/* The scopes a token of this client is asked for under `grant`, unless a profile has
 * its own. */
const struct config_strings *config_client_scopes(
    const struct config_client *client, enum grant grant);

/*
 * True where both profiles mean the same connection and the same credential, so
 * that connections opened under one may go on under the other after a reload.
 */
bool config_profile_equal(const struct config_profile *a, const struct config_profile *b);

/* Names as the configuration spells them, for messages and status. */
const char *config_grant_name(enum grant grant);
const char *config_mechanism_name(enum mechanism mechanism);

#endif
