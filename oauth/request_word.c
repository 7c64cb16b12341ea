/* SPDX-License-Identifier: ISC */
#include "oauth/request_word.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "oauth/base64url.h"

char *
request_word_encode(const char *text)
{
	size_t length = strlen(text);
	char *word;

	if (length == 0)
		return strdup("-");
	word = malloc(BASE64URL_SIZE(length));
	if (word != NULL)
		base64url_encode(word, text, length);
	return word;
}

int
request_word_decode(const char *word, char **text, struct error *error)
{
	size_t size = strlen(word) + 1;
	unsigned char *octets = calloc(1, size);
	ssize_t length;

	if (octets == NULL)
		return error_set_errno(error, EX_OSERR, "request");
	length = strcmp(word, "-") == 0 ? 0 : base64url_decode(octets, word, strlen(word));
	if (length < 0 || strlen((char *)octets) != (size_t)length) {
		freezero(octets, size);
		return error_set(error, EX_USAGE, "a word of the request is malformed");
	}
	*text = (char *)octets;
	return 0;
}
