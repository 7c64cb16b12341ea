/* SPDX-License-Identifier: ISC */
#include "queue/spool/history_text.h"

#include <inttypes.h>
#include <string.h>

#include "queue/spool/digits.h"

static const char *const event_names[] = {
    [HISTORY_ATTEMPT] = "attempt",
    [HISTORY_DEFERRED] = "deferred",
    [HISTORY_DELIVERED] = "delivered",
    [HISTORY_FAILED] = "failed",
    [HISTORY_HELD] = "held",
    [HISTORY_RELEASED] = "released",
    [HISTORY_BOUNCE] = "bounce",
};
#define EVENTS (sizeof(event_names) / sizeof(event_names[0]))

bool
history_event_has_recipient(enum history_event event)
{
	return event == HISTORY_DEFERRED || event == HISTORY_DELIVERED || event == HISTORY_FAILED;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* At most HISTORY_REPLY_MAX octets, not cut within a UTF-8 sequence. */
static size_t
reply_length(const char *reply)
{
	size_t length = strnlen(reply, HISTORY_REPLY_MAX + 1);

	if (length <= HISTORY_REPLY_MAX)
		return length;
	length = HISTORY_REPLY_MAX;
	for (int i = 0; i < 3 && ((unsigned char)reply[length] & 0xc0) == 0x80; i++)
		length--;
	return length;
}

void
history_text_write(FILE *out, uint64_t when_us, const struct history_line *line)
{
	size_t length = line->reply != NULL ? reply_length(line->reply) : 0;

	(void)fprintf(out, "%" PRIu64 ".%06" PRIu64 " %s ", when_us / 1000000, when_us % 1000000,
	    event_names[line->event]);
	if (line->index >= 0)
		(void)fprintf(out, "%ld", line->index);
	else
		(void)fputc('-', out);
	if (length > 0)
		(void)fputc(' ', out);
	for (size_t i = 0; i < length; i++)
		(void)fputc(is_control(line->reply[i]) ? '?' : line->reply[i], out);
	(void)fputc('\n', out);
}

static bool
parse_event(const char **text, enum history_event *event)
{
	size_t length = strcspn(*text, " ");

	for (size_t i = 0; i < EVENTS; i++)
		if (strlen(event_names[i]) == length &&
		    memcmp(event_names[i], *text, length) == 0) {
			*event = (enum history_event)i;
			*text += length;
			return true;
		}
	return false;
}

static bool
parse_index(const char **text, long *index)
{
	uint64_t number;

	if (**text == '-') {
		(*text)++;
		*index = -1;
		return true;
	}
	if (!digits_number(text, &number) || number > INT32_MAX)
		return false;
	*index = (long)number;
	return true;
}

bool
history_text_parse(const char *text, size_t length, uint64_t *when_us, struct history_line *line)
{
	for (size_t i = 0; i < length; i++)
		if (is_control(text[i]))
			return false;
	if (!digits_time(&text, when_us) || *text++ != ' ' || !parse_event(&text, &line->event) ||
	    *text++ != ' ' || !parse_index(&text, &line->index))
		return false;
	if (*text != '\0' && *text++ != ' ')
		return false;
	line->reply = text;
	return true;
}
