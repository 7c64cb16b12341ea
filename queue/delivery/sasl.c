/* SPDX-License-Identifier: ISC */
#include "queue/delivery/sasl.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>
#include <openssl/evp.h>

/* What fits into SASL_RESPONSE_MAX once encoded, its NUL not counted. */
#define PLAIN_RESPONSE_MAX ((SASL_RESPONSE_MAX - 1) / 4 * 3)

#define REDACTED "[redacted]"

/* A reply may repeat a token in part, or broken into lines: pieces count from here on. */
#define CHUNK 16

static const char *const names[] = {
    [MECHANISM_BEST] = "",
    [MECHANISM_XOAUTH2] = "XOAUTH2",
    [MECHANISM_OAUTHBEARER] = "OAUTHBEARER",
    [MECHANISM_PLAIN] = "PLAIN",
    [MECHANISM_LOGIN] = "LOGIN",
};

enum mechanism
sasl_mechanism(const char *name, size_t length)
{
	for (size_t i = MECHANISM_BEST + 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && strncasecmp(name, names[i], length) == 0)
			return (enum mechanism)i;
	return MECHANISM_BEST;
}

const char *
sasl_name(enum mechanism mechanism)
{
	return names[mechanism];
}

enum mechanism
sasl_choose(enum mechanism wanted, enum credential_kind kind, unsigned offered)
{
	static const enum mechanism for_token[] = {MECHANISM_XOAUTH2, MECHANISM_OAUTHBEARER};
	static const enum mechanism for_password[] = {MECHANISM_PLAIN, MECHANISM_LOGIN};
	const enum mechanism *candidates = kind == CREDENTIAL_TOKEN ? for_token : for_password;

	if (wanted != MECHANISM_BEST)
		return (offered & 1u << wanted) != 0 ? wanted : MECHANISM_BEST;
	for (size_t i = 0; i < 2; i++)
		if ((offered & 1u << candidates[i]) != 0)
			return candidates[i];
	return MECHANISM_BEST;
}

/* A text that is built up to a limit; never reallocated, so that it can be wiped. */
struct blob {
	char data[PLAIN_RESPONSE_MAX];
	size_t length;
	bool overflow;
};

static void
add(struct blob *blob, const char *text, size_t length)
{
	if (length > sizeof(blob->data) - blob->length) {
		blob->overflow = true;
		return;
	}
	memcpy(blob->data + blob->length, text, length);
	blob->length += length;
}

static void
add_string(struct blob *blob, const char *text)
{
	add(blob, text, strlen(text));
}

/* RFC 5801 4: the saslname of a GS2 header. */
static void
add_saslname(struct blob *blob, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == ',')
			add_string(blob, "=2C");
		else if (*name == '=')
			add_string(blob, "=3D");
		else
			add(blob, name, 1);
	}
}

static void
build_xoauth2(struct blob *blob, const struct sasl_login *login)
{
	add_string(blob, "user=");
	add_string(blob, login->username);
	add_string(blob, "\001auth=Bearer ");
	add_string(blob, login->secret);
	add_string(blob, "\001\001");
}

static void
build_oauthbearer(struct blob *blob, const struct sasl_login *login)
{
	char port[32];

	snprintf(port, sizeof(port), "\001port=%u", login->port);
	add_string(blob, "n,a=");
	add_saslname(blob, login->username);
	add_string(blob, ",\001host=");
	add_string(blob, login->host);
	add_string(blob, port);
	add_string(blob, "\001auth=Bearer ");
	add_string(blob, login->secret);
	add_string(blob, "\001\001");
}

static void
build_plain(struct blob *blob, const struct sasl_login *login)
{
	add(blob, "", 1);
	add_string(blob, login->username);
	add(blob, "", 1);
	add_string(blob, login->secret);
}

int
sasl_response(enum mechanism mechanism, const struct sasl_login *login, unsigned step,
    char response[SASL_RESPONSE_MAX])
{
	struct blob blob = {.length = 0};
	int result = -1;

	if (step > (mechanism == MECHANISM_LOGIN ? 1u : 0u))
		return -1;
	switch (mechanism) {
	case MECHANISM_XOAUTH2:
		build_xoauth2(&blob, login);
		break;
	case MECHANISM_OAUTHBEARER:
		build_oauthbearer(&blob, login);
		break;
	case MECHANISM_PLAIN:
		build_plain(&blob, login);
		break;
	case MECHANISM_LOGIN:
		add_string(&blob, step == 0 ? login->username : login->secret);
		break;
	case MECHANISM_BEST:
		return -1;
	}
	if (!blob.overflow) {
		EVP_EncodeBlock(
		    (unsigned char *)response, (const unsigned char *)blob.data, (int)blob.length);
		result = 0;
	}
	explicit_bzero(&blob, sizeof(blob));
	return result;
}

const char *
sasl_dismissal(enum mechanism mechanism)
{
	switch (mechanism) {
	case MECHANISM_XOAUTH2:
		return "";
	case MECHANISM_OAUTHBEARER:
		return "AQ==";
	default:
		return "*"; /* RFC 4954 4: cancel */
	}
}

void
sasl_decode(const char *challenge, char *text, size_t size)
{
	size_t length = strlen(challenge);
	unsigned char *decoded;
	int octets;

	strlcpy(text, challenge, size);
	if (length == 0 || length % 4 != 0 || length > INT_MAX)
		return;
	decoded = malloc(length / 4 * 3 + 1);
	if (decoded == NULL)
		return;
	octets = EVP_DecodeBlock(decoded, (const unsigned char *)challenge, (int)length);
	/* EVP_DecodeBlock counts the octets that padding stands for. */
	for (size_t i = length; octets > 0 && i > length - 2 && challenge[i - 1] == '='; i--)
		octets--;
	for (int i = 0; i < octets; i++)
		if (decoded[i] < 0x20 || decoded[i] > 0x7e)
			octets = -1;
	if (octets > 0) {
		decoded[octets] = '\0';
		strlcpy(text, (const char *)decoded, size);
	}
	free(decoded);
}

/* How many octets at the start of `text` stand so in the secret; 0: less than a chunk. */
static size_t
match_length(const char *text, size_t left, const char *secret, size_t length, size_t chunk)
{
	const char *found = left < chunk ? NULL : memmem(secret, length, text, chunk);
	const char *end = secret + length;
	size_t matched = chunk;

	if (found == NULL)
		return 0;
	while (matched < left && found + matched < end && text[matched] == found[matched])
		matched++;
	return matched;
}

void
sasl_redact(char *text, size_t size, const char *secret)
{
	size_t length = strlen(secret), left = strlen(text);
	size_t chunk = length < CHUNK ? length : CHUNK;
	char *copy, *from;

	if (length == 0)
		return;
	copy = strdup(text);
	if (copy == NULL) {
		explicit_bzero(text, left); /* rather nothing than a secret */
		return;
	}
	explicit_bzero(text, left);
	for (from = copy; left > 0;) {
		size_t matched = match_length(from, left, secret, length, chunk);
		char one[2] = {*from, '\0'};

		strlcat(text, matched > 0 ? REDACTED : one, size);
		from += matched > 0 ? matched : 1;
		left -= matched > 0 ? matched : 1;
	}
	explicit_bzero(copy, (size_t)(from - copy));
	free(copy);
}
