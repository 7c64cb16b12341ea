/* SPDX-License-Identifier: ISC */
#include "queue/spool/delivered_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue/spool/crc32c.h"
#include "queue/spool/digits.h"
#include "queue/spool/envelope_syntax.h"
#include "queue/spool/queue_id.h"

#define CRC_DIGITS 8

size_t
delivered_text_format(const struct delivered_line *line, char text[DELIVERED_TEXT_SIZE])
{
	char id[QUEUE_ID_SIZE];
	int length;

	queue_id_format(line->id, id);
	length = snprintf(text, DELIVERED_TEXT_SIZE, "%s %s %" PRIu32 " %s", id, line->key,
	    line->index, line->failed ? "failed" : "sent");
	length += snprintf(text + length, DELIVERED_TEXT_SIZE - (size_t)length, " %08" PRIx32 "\n",
	    crc32c(0, text, (size_t)length));
	return (size_t)length;
}

/* Cut the first word off *rest; "" where there is none. */
static const char *
next_word(char **rest)
{
	char *word = *rest;
	char *space = strchr(word, ' ');

	if (space != NULL)
		*space++ = '\0';
	*rest = space != NULL ? space : word + strlen(word);
	return word;
}

static bool
parse_words(char *text, struct delivered_line *line)
{
	const char *index;
	const char *what;
	const char *key;
	uint64_t number;

	if (!queue_id_parse(next_word(&text), &line->id))
		return false;
	key = next_word(&text);
	index = next_word(&text);
	what = next_word(&text);
	if (!envelope_key_is_valid(key) || !digits_number(&index, &number) || *index != '\0' ||
	    number > UINT32_MAX || *text != '\0')
		return false;
	memcpy(line->key, key, ENVELOPE_KEY_SIZE);
	line->index = (uint32_t)number;
	line->failed = strcmp(what, "failed") == 0;
	return line->failed || strcmp(what, "sent") == 0;
}

bool
delivered_text_parse(const char *text, size_t length, struct delivered_line *line)
{
	char words[DELIVERED_TEXT_SIZE];
	const char *digits;
	uint64_t crc;

	if (length <= 1 + CRC_DIGITS || length >= sizeof(words))
		return false;
	memcpy(words, text, length);
	words[length] = '\0';
	length -= 1 + CRC_DIGITS;
	digits = words + length + 1;
	if (words[length] != ' ' || !digits_hexadecimal(&digits, CRC_DIGITS, &crc) ||
	    crc != crc32c(0, words, length))
		return false;
	words[length] = '\0';
	return parse_words(words, line);
}
