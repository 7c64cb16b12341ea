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

static int
value_of(char c)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *found = c == '\0' ? NULL : strchr(alphabet, c);

	return found == NULL ? -1 : (int)(found - alphabet);
}

ssize_t
base64url_decode(void *octets, const char *text, size_t length)
{
	unsigned char *out = octets;
	unsigned bits = 0, count = 0;
	ssize_t decoded = 0;

	for (size_t i = 0; i < length; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return -1;
		bits = (bits << 6 | (unsigned)value) & 0xffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			out[decoded++] = (unsigned char)(bits >> count & 0xff);
		}
	}
	/* A lone character stands for no octet. */
	return count == 6 ? -1 : decoded;
}
