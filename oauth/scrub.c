/* SPDX-License-Identifier: ISC */
#include "oauth/scrub.h"

#include <ctype.h>
#include <string.h>

#include "oauth/form.h"

#define SECRET_MINIMUM 4
#define CUT_MINIMUM 8
#define TOKEN_RUN 40 /* a UUID, which people do need to read, has 36 */

static const char redacted[] = "[redacted]";

/* Octets of `secret` at the beginning of `text`, plain or form-encoded; 0: it is not there. */
static size_t
match_secret(const char *text, const char *secret)
{
	struct form encoded = {0};
	size_t length = strlen(secret);
	size_t match = 0;
	size_t cut;

	if (length < SECRET_MINIMUM)
		return 0;
	if (strncmp(text, secret, length) == 0)
		return length;
	/* Who passed the text on may have cut it in the middle of the secret. */
	cut = strnlen(text, length);
	if (cut >= CUT_MINIMUM && strncmp(text, secret, cut) == 0)
		return cut;
	/* The first octet tells most positions apart without encoding anything. */
	if (*text != *secret && *text != '%' && *text != '+')
		return 0;
	form_append_encoded(&encoded, secret);
	if (!encoded.failed && strncmp(text, encoded.text, encoded.length) == 0)
		match = encoded.length;
	form_wipe(&encoded);
	return match;
}

static size_t
match_token(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) ||
	       (text[length] != '\0' && strchr("_+=~-", text[length]) != NULL))
		length++;
	return length >= TOKEN_RUN ? length : 0;
}

static size_t
match(const char *text, const char *const *secrets, size_t count)
{
	size_t longest = match_token(text);

	for (size_t i = 0; i < count; i++) {
		size_t length = secrets[i] == NULL ? 0 : match_secret(text, secrets[i]);

		if (length > longest)
			longest = length;
	}
	return longest;
}

void
scrub(char *out, size_t size, const char *text, const char *const *secrets, size_t count)
{
	size_t used = 0;

	while (*text != '\0' && used + 1 < size) {
		size_t length = match(text, secrets, count);
		unsigned char octet = (unsigned char)*text;

		if (length > 0) {
			size_t mark = sizeof(redacted) - 1;

			if (mark > size - 1 - used)
				mark = size - 1 - used;
			memcpy(out + used, redacted, mark);
			used += mark;
			text += length;
			continue;
		}
		if (octet == '\r' || octet == '\n' || octet == '\t')
			octet = ' ';
		else if (octet < 0x20 || octet > 0x7e)
			octet = '?';
		out[used++] = (char)octet;
		text++;
	}
	out[used] = '\0';
}
