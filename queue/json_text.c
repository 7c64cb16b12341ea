/* SPDX-License-Identifier: ISC */
#include "queue/json_text.h"

#include <string.h>

#include "queue/message/utf8.h"

void
json_text(FILE *out, const char *text)
{
	const char *end = text + strlen(text);

	(void)fputc('"', out);
	while (text < end) {
		size_t length = utf8_length(text, (size_t)(end - text));
		unsigned char c = (unsigned char)*text;

		if (length == 0)
			(void)fputs("\\ufffd", out);
		else if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			(void)fprintf(out, "\\u%04x", c);
		else
			(void)fwrite(text, 1, length, out);
		text += length == 0 ? 1 : length;
	}
	(void)fputc('"', out);
}
