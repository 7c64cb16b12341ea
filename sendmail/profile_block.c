/* SPDX-License-Identifier: ISC */
#include "sendmail/profile_block.h"

#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

/* The column of comments, and the width of steps. */
#define COMMENT 44
#define WIDTH 88

static bool
is(const struct profile_block *block, const char *grant)
{
	return strcmp(block->grant, grant) == 0;
}

/* A person signs in. */
static bool
is_interactive(const struct profile_block *block)
{
	return is(block, "authorization_code") || is(block, "device_code");
}

bool
profile_block_has_client(const struct profile_block *block)
{
	return !is(block, "password") && !is(block, "none") && !is(block, "command");
}

static int
choose_grant(struct profile_block *block, const char *grant, struct error *error)
{
	const struct config_strings *grants = &block->provider->grants;

	block->grant = grant != NULL ? grant : grants->count > 0 ? grants->items[0] : "password";
	for (size_t i = 0; i < grants->count; i++)
		if (strcmp(block->grant, grants->items[i]) == 0)
			return 0;
	if (grants->count == 0 && grant == NULL)
		return 0;
	return error_set(error, EX_USAGE, "provider %s is not prepared for grant %s",
	    block->provider->name, block->grant);
}

int
profile_block_init(struct profile_block *block, const char *name, const struct provider *provider,
    const char *grant, struct error *error)
{
	struct config_client client = {0};
	struct config_profile profile = {0};
	int result = -1;

	*block = (struct profile_block){.name = name, .provider = provider};
	if (choose_grant(block, grant, error) == 0 &&
	    provider_apply_client(provider, &client, error) == 0 &&
	    provider_apply_profile(provider, &profile, error) == 0)
		result = 0;
	block->tenant =
	    client.token_endpoint != NULL && strstr(client.token_endpoint, "{tenant_id}") != NULL;
	block->tenant_domain =
	    profile.host != NULL && strstr(profile.host, "{tenant_domain}") != NULL;
	block->host = profile.host != NULL;
	block->issuer = client.token_endpoint != NULL || client.issuer != NULL;
	config_client_free(&client);
	config_profile_free(&profile);
	return result;
}

/* ---- the entries ---- */

static void put(FILE *out, unsigned indent, const char *comment, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A line, with a comment (or null) behind it. */
static void
put(FILE *out, unsigned indent, const char *comment, const char *format, ...)
{
	va_list ap;
	int length;

	(void)fprintf(out, "%*s", (int)indent, "");
	va_start(ap, format);
	length = (int)indent + vfprintf(out, format, ap);
	va_end(ap);
	if (comment != NULL)
		(void)fprintf(out, "%*s# %s", length < COMMENT ? COMMENT - length : 2, "", comment);
	(void)fputc('\n', out);
}

static void
put_proof(const struct profile_block *block, FILE *out, unsigned indent)
{
	if (is(block, "jwt_bearer") && block->issuer)
		put(out, indent, "the JSON key", "service_account: {sealed: %s}", block->name);
	else if (is(block, "jwt_bearer"))
		put(out, indent, "in PEM form", "private_key: {sealed: %s}", block->name);
	else if (!is_interactive(block) || !block->provider->public_client)
		put(out, indent, NULL, "client_secret: {sealed: %s}", block->name);
	if (is(block, "client_credentials"))
		put(out, indent, NULL,
		    "# or: private_key: {sealed: %s}, and certificate: /path/to/it.pem",
		    block->name);
}

void
profile_block_client(const struct profile_block *block, FILE *out, unsigned indent)
{
	put(out, indent, NULL, "%s:", block->name);
	indent += 2;
	put(out, indent, NULL, "provider: %s", block->provider->name);
	if (!block->issuer) {
		put(out, indent, "change: where its endpoints are published",
		    "issuer: https://login.example.com");
		put(out, indent, "change: what it calls sending by SMTP", "scopes: [smtp]");
	}
	if (block->tenant)
		put(out, indent, "change: the Directory (tenant) ID",
		    "tenant_id: 00000000-0000-0000-0000-000000000000");
	if (!is(block, "jwt_bearer") || !block->issuer)
		put(out, indent, "change: the client id", "client_id: CLIENT_ID");
	put_proof(block, out, indent);
}

static void
put_login(const struct profile_block *block, FILE *out, unsigned indent)
{
	if (is(block, "none")) {
		put(out, indent, "change: an address that may send", "from: alerts@example.com");
		return;
	}
	if (!is(block, "password"))
		put(out, indent, NULL, "grant: %s", block->grant);
	if (is(block, "refresh_token"))
		put(out, indent, NULL, "refresh_token: {sealed: %s.refresh}", block->name);
	if (is(block, "command"))
		put(out, indent, "change: what prints a token",
		    "token_command: [/usr/local/bin/print-token]");
	put(out, indent, "change: the mailbox that sends", "username: alerts@example.com");
	if (is(block, "password"))
		put(out, indent, NULL, "password: {sealed: %s}", block->name);
}

void
profile_block_profile(const struct profile_block *block, FILE *out, unsigned indent)
{
	put(out, indent, NULL, "%s:", block->name);
	indent += 2;
	if (profile_block_has_client(block))
		put(out, indent, NULL, "oauth_client: %s", block->name);
	else
		put(out, indent, NULL, "provider: %s", block->provider->name);
	if (block->tenant_domain)
		put(out, indent, "change: a domain of the tenant", "tenant_domain: example.com");
	if (!block->host) {
		put(out, indent, "change: its submission server", "host: smtp.example.com");
		put(out, indent, NULL, "port: 587");
		put(out, indent, "implicit at port 465", "tls: starttls");
	}
	put_login(block, out, indent);
}

/* ---- the steps ---- */

/* Write step `number`, in lines that fit. */
static void
put_step(FILE *out, const char *prefix, unsigned number, const char *text)
{
	size_t column = strlen(prefix) + 4;
	size_t at = column;

	(void)fprintf(out, "%s%2u. ", prefix, number);
	while (*text != '\0') {
		size_t length = strcspn(text, " ");

		if (at > column && at + 1 + length > WIDTH) {
			(void)fprintf(out, "\n%s    ", prefix);
			at = column;
		} else if (at > column) {
			(void)fputc(' ', out);
			at++;
		}
		(void)fprintf(out, "%.*s", (int)length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

void
profile_block_prepare(const struct profile_block *block, const char *prefix, FILE *out)
{
	unsigned number = 0;

	for (size_t i = 0; i < block->provider->preparation.count; i++) {
		const char *step = provider_step(block->provider, i, block->grant);

		if (step != NULL)
			put_step(out, prefix, ++number, step);
	}
}

static void put_command(FILE *out, const char *prefix, unsigned number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
put_command(FILE *out, const char *prefix, unsigned number, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	put_step(out, prefix, number, text);
}

void
profile_block_finish(const struct profile_block *block, const char *prefix, FILE *out)
{
	const char *name = block->name;
	bool secret = !is(block, "none") && !is(block, "command") &&
		      !(is_interactive(block) && block->provider->public_client);
	unsigned number = 0;

	put_command(out, prefix, ++number, "Replace what is marked \"change:\".");
	if (secret)
		put_command(out, prefix, ++number, "Hand over the %s: postoak secret set %s%s",
		    is(block, "password")     ? "password"
		    : is(block, "jwt_bearer") ? "key"
					      : "client secret",
		    name, is(block, "jwt_bearer") ? " < FILE" : "");
	if (is(block, "refresh_token"))
		put_command(out, prefix, ++number,
		    "Hand over the refresh token: postoak secret set %s.refresh", name);
	put_command(out, prefix, ++number,
	    "Check it: postoak config check; then reload postoakd (systemctl reload postoak).");
	if (is_interactive(block))
		put_command(out, prefix, ++number, "Permit it: postoak oauth grant %s", name);
	put_command(out, prefix, ++number, "Try it: postoak test %s YOU@EXAMPLE.ORG", name);
}
