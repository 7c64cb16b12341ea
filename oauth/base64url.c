/* SPDX-License-Identifier: ISC */
#include "oauth/base64url.h"

#include <string.h>

#include <openssl/evp.h>

void
base64url_encode(char *text, const void *octets, size_t length)
{
	EVP_EncodeBlock((unsigned char *)text, octets, (int)length);
	for (; *text != '\0' && *text != '='; text++) {
		if (*text == '+')
			*text = '-';
		else if (*text == '/')
			*text = '_';
	}
	*text = '\0';
}

/* The six bits a character stands for, or -1. */
static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

long
base64url_decode(void *octets, const char *text, size_t length)
{
	unsigned char *out = octets;
	unsigned bits = 0;
	unsigned count = 0;
	long done = 0;

	if (length % 4 == 1)
		return -1;
	for (size_t i = 0; i < length; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return -1;
		bits = (bits << 6 | (unsigned)value) & 0xffffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			out[done++] = (unsigned char)(bits >> count);
		}
	}
	return done;
}
