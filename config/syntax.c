/* SPDX-License-Identifier: ISC */
#include "config/syntax.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#define DOMAIN_MAX 253
#define ADDRESS_LENGTH_MAX 320
#define URL_MAX 2048
#define TENANT_DOMAIN "{tenant_domain}"

#define DIGITS "0123456789"
#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

/* True where all of `text` is in `set`. */
static bool
consists_of(const char *text, const char *set)
{
	return text[strspn(text, set)] == '\0';
}

static bool
is_visible_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* True where all braces in `text` belong to a placeholder of the null-terminated list. */
static bool
has_only_placeholders(const char *text, const char *const *known)
{
	size_t length;

	while ((text = strpbrk(text, "{}")) != NULL) {
		length = 0;
		for (size_t i = 0; length == 0 && known[i] != NULL; i++)
			if (strncmp(text, known[i], strlen(known[i])) == 0)
				length = strlen(known[i]);
		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

const char *
syntax_name(const char *text)
{
	if (strlen(text) <= SYNTAX_NAME_MAX && consists_of(text, ALPHANUMERIC "._-") &&
	    strspn(text, ALPHANUMERIC) > 0)
		return NULL;
	return "must begin with a letter or digit, and consist of at most 64 letters, digits, "
	       "'.', '_' and '-'";
}

const char *
syntax_account(const char *text)
{
	if (strlen(text) <= 32 && *text != '-' && consists_of(text, ALPHANUMERIC "._-$"))
		return NULL;
	return "must be the name of an account";
}

const char *
syntax_path(const char *text)
{
	return *text == '/' && strlen(text) < PATH_MAX ? NULL : "must be an absolute path";
}

static bool
is_domain(const char *text)
{
	size_t length = strlen(text);
	size_t label;

	if (length == 0 || length > DOMAIN_MAX)
		return false;
	for (;;) {
		label = strspn(text, ALPHANUMERIC "_-");
		if (label == 0 || label > 63 || *text == '-' || text[label - 1] == '-')
			return false;
		if (text[label] == '\0')
			return true;
		if (text[label] != '.')
			return false;
		text += label + 1;
	}
}

static bool
is_ipv6(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, text, &address) == 1;
}

const char *
syntax_domain(const char *text)
{
	return is_domain(text) ? NULL : "must be a domain name (ASCII; xn-- for others)";
}

const char *
syntax_host(const char *text)
{
	return is_domain(text) || is_ipv6(text) ? NULL
						: "must be a host name or an address without port";
}

const char *
syntax_relay_host(const char *text)
{
	char host[DOMAIN_MAX + 1];
	const char *placeholder = strstr(text, TENANT_DOMAIN);

	if (placeholder == NULL)
		return syntax_host(text);
	if (strlen(text) >= sizeof(host))
		return "is too long";
	strlcpy(host, text, (size_t)(placeholder - text) + 1);
	strlcat(host, "x", sizeof(host));
	strlcat(host, placeholder + strlen(TENANT_DOMAIN), sizeof(host));
	return syntax_host(host);
}

const char *
syntax_tenant(const char *text)
{
	return is_domain(text) ? NULL : "must be a tenant's id (a GUID) or domain name";
}

bool
syntax_is_loopback(const char *host)
{
	struct in_addr ipv4;
	struct in6_addr ipv6;

	if (inet_pton(AF_INET, host, &ipv4) == 1)
		return ntohl(ipv4.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, host, &ipv6) == 1 &&
	       memcmp(&ipv6, &in6addr_loopback, sizeof(ipv6)) == 0;
}

const char *
syntax_mailbox(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > ADDRESS_LENGTH_MAX ||
	    strpbrk(text, " \t<>,;:\\\"()[]") != NULL || *text == '@' || text[length - 1] == '@' ||
	    strchr(text, '@') != strrchr(text, '@'))
		return "must be a mail address alone";
	return NULL;
}

const char *
syntax_address(const char *text)
{
	if (syntax_mailbox(text) == NULL && strchr(text, '@') != NULL)
		return NULL;
	return "must be a mail address with domain";
}

/* Cut HOST[:PORT] at the colon and its brackets. Null where it is neither. */
static const char *
split_authority(char *authority)
{
	char *host = authority;
	char *port;
	const char *wrong = NULL;

	if (*authority == '[') {
		host = authority + 1;
		port = strchr(host, ']');
		if (port == NULL)
			return NULL;
		*port++ = '\0';
		if (!is_ipv6(host) || (*port != '\0' && *port != ':'))
			return NULL;
	} else {
		port = strchr(host, ':');
	}
	if (port != NULL && *port == ':') {
		*port++ = '\0';
		if (!consists_of(port, DIGITS))
			return NULL;
		(void)strtonum(port, 1, 65535, &wrong);
		if (wrong != NULL)
			return NULL;
	}
	return is_domain(host) || is_ipv6(host) ? host : NULL;
}

static const char *
check_url(const char *text, bool localhost_allowed)
{
	static const char *const known[] = {"{tenant_id}", NULL};
	char authority[DOMAIN_MAX + 16];
	const char *host;
	bool secure = strncasecmp(text, "https://", 8) == 0;
	size_t length;

	if (strlen(text) > URL_MAX || !is_visible_ascii(text) ||
	    strpbrk(text, "\"<>\\^`|#") != NULL ||
	    (!secure && strncasecmp(text, "http://", 7) != 0))
		return "must be an https:// URL without fragment";
	if (!has_only_placeholders(text, known))
		return "knows only the placeholder {tenant_id}";
	text += secure ? 8 : 7;
	length = strcspn(text, "/?");
	if (length >= sizeof(authority))
		return "has too long a host name";
	strlcpy(authority, text, length + 1);
	if (strchr(authority, '@') != NULL)
		return "must not contain a user name or password";
	host = split_authority(authority);
	if (host == NULL)
		return "must contain a host name, and a port from 1 to 65535 if any";
	if (secure || syntax_is_loopback(host) ||
	    (localhost_allowed && strcasecmp(host, "localhost") == 0))
		return NULL;
	return "must be https:// (http:// only to a loopback address such as 127.0.0.1)";
}

const char *
syntax_endpoint(const char *text)
{
	return check_url(text, false);
}

const char *
syntax_redirect(const char *text)
{
	return check_url(text, true);
}

const char *
syntax_proxy(const char *text)
{
	static const char *const schemes[] = {
	    "http", "https", "socks4", "socks4a", "socks5", "socks5h"};
	char authority[DOMAIN_MAX + 16];
	const char *separator = strstr(text, "://");
	bool known = separator == NULL;

	for (size_t i = 0; !known && i < sizeof(schemes) / sizeof(schemes[0]); i++)
		known = strlen(schemes[i]) == (size_t)(separator - text) &&
			strncasecmp(text, schemes[i], strlen(schemes[i])) == 0;
	if (separator != NULL)
		text = separator + 3;
	if (strchr(text, '@') != NULL)
		return "must not contain a user name or password";
	if (known && strlcpy(authority, text, sizeof(authority)) < sizeof(authority) &&
	    split_authority(authority) != NULL)
		return NULL;
	return "must be [SCHEME://]HOST[:PORT], SCHEME one of http, https, socks4, socks4a, "
	       "socks5, "
	       "socks5h";
}

const char *
syntax_scope(const char *text)
{
	if (*text != '\0' && is_visible_ascii(text) && strpbrk(text, "\"\\") == NULL)
		return NULL;
	return "must be a list of single scopes, without spaces";
}

const char *
syntax_parameter(const char *text)
{
	/* Some would break the request, others do not belong in a world-readable file. */
	static const char *const reserved[] = {"assertion", "client_assertion",
	    "client_assertion_type", "client_id", "client_secret", "code", "code_challenge",
	    "code_challenge_method", "code_verifier", "device_code", "grant_type", "password",
	    "redirect_uri", "refresh_token", "response_type", "scope", "state"};

	if (*text == '\0' || !is_visible_ascii(text))
		return "must have names of visible ASCII characters";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(text, reserved[i]) == 0)
			return "must not contain what Postoak itself sets";
	return NULL;
}

const char *
syntax_reply_to(const char *text)
{
	static const char *const known[] = {"{sender}", "{user}", "{hostname}", NULL};

	if (has_only_placeholders(text, known))
		return NULL;
	return "knows only the placeholders {sender}, {user} and {hostname}";
}

const char *
syntax_credential(const char *text)
{
	if (*text != '.' && strlen(text) <= NAME_MAX && strchr(text, '/') == NULL &&
	    is_visible_ascii(text))
		return NULL;
	return "must be the name of a credential, not a path";
}

const char *
syntax_variable(const char *text)
{
	if (consists_of(text, ALPHANUMERIC "_") && strspn(text, DIGITS) == 0)
		return NULL;
	return "must be the name of an environment variable";
}
