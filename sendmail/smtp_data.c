/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_data.h"

#include <string.h>

void
smtp_data_begin(struct smtp_data *data, bool crlf)
{
	data->crlf = crlf;
	data->state = SMTP_DATA_START;
}

/* Pass text on up to the end of its line. Returns how much it was. */
static size_t
pass_text(struct smtp_data *data, const char *text, size_t length)
{
	const char *lf = memchr(text, '\n', length);
	size_t passed = lf != NULL ? (size_t)(lf - text) + 1 : length;
	/* The CR may have been the last octet of the call before. */
	bool after_cr = passed > 1 ? text[passed - 2] == '\r' : data->state == SMTP_DATA_CR;

	data->put(data->context, text, passed);
	if (lf != NULL)
		data->state = after_cr || !data->crlf ? SMTP_DATA_START : SMTP_DATA_TEXT;
	else
		data->state =
		    data->crlf && text[passed - 1] == '\r' ? SMTP_DATA_CR : SMTP_DATA_TEXT;
	return passed;
}

/* Decide by the octet `c` after a held-back dot. Returns true where it is used up. */
static bool
after_dot(struct smtp_data *data, char c)
{
	if (data->state == SMTP_DATA_DOT_CR && c != '\n') {
		data->put(data->context, "\r", 1);
		data->state = SMTP_DATA_CR;
		return false;
	}
	if (data->state == SMTP_DATA_DOT_CR || (c == '\n' && !data->crlf))
		data->state = SMTP_DATA_END;
	else if (c == '\r' && data->crlf)
		data->state = SMTP_DATA_DOT_CR;
	else
		data->state = SMTP_DATA_TEXT;
	return data->state != SMTP_DATA_TEXT;
}

size_t
smtp_data_feed(struct smtp_data *data, const char *text, size_t length)
{
	size_t used = 0;

	while (used < length && data->state != SMTP_DATA_END) {
		switch (data->state) {
		case SMTP_DATA_START:
			if (text[used] == '.') {
				data->state = SMTP_DATA_DOT;
				used++;
				break;
			}
			/* fall through */
		case SMTP_DATA_TEXT:
		case SMTP_DATA_CR:
			used += pass_text(data, text + used, length - used);
			break;
		case SMTP_DATA_DOT:
		case SMTP_DATA_DOT_CR:
			used += after_dot(data, text[used]) ? 1 : 0;
			break;
		case SMTP_DATA_END:
			break;
		}
	}
	return used;
}
