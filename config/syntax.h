/*
 * What single words of the configuration may look like.
 *
 * Each function returns null for a good `text`, else what is wrong with it, to be
 * put behind the key: "must be an absolute path". They never repeat the text.
 */
#ifndef POSTOAK_CONFIG_SYNTAX_H
#define POSTOAK_CONFIG_SYNTAX_H

#include <stdbool.h>

/* Longest name of a profile, client or provider. */
#define SYNTAX_NAME_MAX 64

typedef const char *syntax_check(const char *text);

/* [A-Za-z0-9][A-Za-z0-9._-]*, at most SYNTAX_NAME_MAX. */
syntax_check syntax_name;

/* A user or group of the system. */
syntax_check syntax_account;

/* Absolute, shorter than PATH_MAX. */
syntax_check syntax_path;

/* A domain name in ASCII (RFC 1123, and '_'), or an address literal. */
syntax_check syntax_host;

/* As syntax_host, with {tenant_domain} allowed in it. */
syntax_check syntax_relay_host;

/* A domain name. */
syntax_check syntax_domain;

/* A tenant: GUID, domain name or a word. */
syntax_check syntax_tenant;

/* LOCAL@DOMAIN; syntax_mailbox: the domain may be missing. */
syntax_check syntax_address;
syntax_check syntax_mailbox;

/* https, or http to a loopback address literal; no user name, no fragment. May
 * contain {tenant_id}. */
syntax_check syntax_endpoint;

/* As syntax_endpoint, and http to localhost (RFC 8252 section 8.3 advises against it,
 * some registrations know nothing else). */
syntax_check syntax_redirect;

/* [SCHEME://]HOST[:PORT], without password: the file is world-readable. */
syntax_check syntax_proxy;

/* RFC 6749 section 3.3 scope-token. */
syntax_check syntax_scope;

/* A parameter of OAuth requests that Postoak does not set itself. */
syntax_check syntax_parameter;

/* Text with no other placeholders than {sender}, {user} and {hostname}. */
syntax_check syntax_reply_to;

/* Names of systemd credentials and of environment variables. */
syntax_check syntax_credential;
syntax_check syntax_variable;

/* True for 127.0.0.0/8 and ::1 written as numbers; never for a name. */
bool syntax_is_loopback(const char *host);

#endif
