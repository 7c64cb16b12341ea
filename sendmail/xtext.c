/* SPDX-License-Identifier: ISC */
#include "sendmail/xtext.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '+' && c != '=';
}

static bool
is_upper_hex(char c)
{
	return c != '\0' && strchr("0123456789ABCDEF", c) != NULL;
}

char *
xtext_encode(const char *text)
{
	char *encoded = malloc(3 * strlen(text) + 1);
	char *out = encoded;

	if (encoded == NULL)
		return NULL;
	for (; *text != '\0'; text++) {
		if (is_plain(*text))
			*out++ = *text;
		else
			out += sprintf(out, "+%02X", (unsigned)(unsigned char)*text);
	}
	*out = '\0';
	return encoded;
}

char *
xtext_ensure(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '+' && is_upper_hex(p[1]) && is_upper_hex(p[2]))
			p += 2;
		else if (!is_plain(*p))
			return xtext_encode(text);
	}
	return strdup(text);
}
