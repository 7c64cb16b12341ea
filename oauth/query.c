/* SPDX-License-Identifier: ISC */
#include "oauth/query.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config/secret.h"

static int
hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *place;

	if (digit >= 'A' && digit <= 'F')
		digit = (char)(digit - 'A' + 'a');
	place = digit == '\0' ? NULL : strchr(digits, digit);
	return place == NULL ? -1 : (int)(place - digits);
}

/*
 * Decode `length` octets into `out`, which has room for as many and a NUL. False where
 * they are not well encoded, or hide control characters.
 */
static bool
decode(const char *text, size_t length, char *out)
{
	for (size_t i = 0; i < length; i++) {
		int octet = (unsigned char)text[i];

		if (octet == '+') {
			octet = ' ';
		} else if (octet == '%') {
			int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
			int low = high < 0 ? -1 : hex_digit(text[i + 2]);

			if (low < 0)
				return false;
			octet = high << 4 | low;
			i += 2;
		}
		if (octet < 0x20 || octet == 0x7f)
			return false;
		*out++ = (char)octet;
	}
	*out = '\0';
	return true;
}

/* Take over a value; -1 where there is one already, or this one cannot be. */
static int
take(const char *text, size_t length, char **value)
{
	char *decoded;

	if (*value != NULL)
		return -1;
	decoded = malloc(length + 1);
	if (decoded == NULL)
		return -1;
	if (!decode(text, length, decoded)) {
		free(decoded);
		return -1;
	}
	*value = decoded;
	return 0;
}

int
query_find(const char *query, const char *name, char **value)
{
	size_t wanted = strlen(name);
	size_t end = strnlen(query, QUERY_MAX + 1);

	*value = NULL;
	if (end > QUERY_MAX)
		return -1;
	end = strcspn(query, "#");
	for (size_t i = 0; i < end;) {
		size_t length = strcspn(query + i, "&#");
		const char *pair = query + i;

		i += length + 1;
		if (length <= wanted || pair[wanted] != '=' || memcmp(pair, name, wanted) != 0)
			continue;
		if (take(pair + wanted + 1, length - wanted - 1, value) < 0) {
			secret_free(*value);
			*value = NULL;
			return -1;
		}
	}
	return *value != NULL;
}

const char *
query_of_url(const char *text)
{
	const char *mark = strchr(text, '?');

	if (mark != NULL)
		return mark + 1;
	return strchr(text, '=') != NULL ? text : NULL;
}
