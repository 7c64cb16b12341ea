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
