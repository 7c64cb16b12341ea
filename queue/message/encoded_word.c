/* SPDX-License-Identifier: ISC */
#include "queue/message/encoded_word.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text_stream.h"
#include "queue/message/utf8.h"

#define WORD_MAX 60

bool
encoded_word_is(const char *word, size_t length)
{
	size_t marks = 0;

	/* =?charset?encoding?text?= has four question marks, RFC 2047 section 2. */
	if (length < 8 || length > 75 || strncmp(word, "=?", 2) != 0 ||
	    strncmp(word + length - 2, "?=", 2) != 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isgraph((unsigned char)word[i]))
			return false;
		if (word[i] == '?')
			marks++;
	}
	return marks == 4;
}

/* One octet in Q encoding; returns the octets written, at most 3. */
static size_t
encode_octet(char c, char *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;

	if (u < 0x80 && (isalnum(u) || (u != '\0' && strchr("!*+-/", u) != NULL))) {
		out[0] = c;
		return 1;
	}
	if (u == ' ') {
		out[0] = '_';
		return 1;
	}
	out[0] = '=';
	out[1] = digits[u >> 4];
	out[2] = digits[u & 0x0f];
	return 3;
}

/* One character, so that no word ends within it; returns the octets of `text` it has. */
static size_t
encode_character(const char *text, bool utf8, char *out, size_t *used)
{
	size_t length = utf8 ? utf8_length(text, strlen(text)) : 1;

	*used = 0;
	for (size_t i = 0; i < length; i++)
		*used += encode_octet(text[i], out + *used);
	return length;
}

char *
encoded_word_make(const char *text)
{
	bool utf8 = utf8_is_valid(text);
	const char *begin = utf8 ? "=?UTF-8?Q?" : "=?unknown-8bit?Q?";
	char character[4 * 3];
	char *result = NULL;
	size_t result_size, used;
	size_t column = strlen(begin);
	FILE *out = text_stream_open(&result, &result_size);

	if (out == NULL)
		return NULL;
	fputs(begin, out);
	while (*text != '\0') {
		text += encode_character(text, utf8, character, &used);
		if (column + used > WORD_MAX - strlen("?=")) {
			fprintf(out, "?=\r\n %s", begin);
			column = strlen(begin);
		}
		fwrite(character, 1, used, out);
		column += used;
	}
	fputs("?=", out);
	if (fclose(out) == EOF) {
		free(result);
		return NULL;
	}
	return result;
}
