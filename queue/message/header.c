/* SPDX-License-Identifier: ISC */
#include "queue/message/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queue/message/encoded_word.h"

size_t
header_line_name(const char *line, size_t length)
{
	size_t name = 0;
	size_t colon;

	/* A MIME boundary may look like a field ("--=_next:1"). */
	if (length >= 2 && line[0] == '-' && line[1] == '-')
		return 0;
	while (name < length && line[name] > 0x20 && line[name] < 0x7f && line[name] != ':')
		name++;
	for (colon = name; colon < length && (line[colon] == ' ' || line[colon] == '\t');)
		colon++;
	return colon < length && line[colon] == ':' ? name : 0;
}

/* The octet after the line that begins at `start`. */
static size_t
line_end(const char *block, size_t length, size_t start)
{
	const char *newline = memchr(block + start, '\n', length - start);

	return newline == NULL ? length : (size_t)(newline - block) + 1;
}

/* `end` without the CRLF before it. */
static size_t
without_line_end(const char *block, size_t start, size_t end)
{
	if (end > start && block[end - 1] == '\n')
		end--;
	if (end > start && block[end - 1] == '\r')
		end--;
	return end;
}

bool
header_next(const char *block, size_t length, size_t *offset, struct header_field *field)
{
	size_t start, end, name, body;

	/* Lines that belong to no field are passed over. */
	for (start = *offset, name = 0; start < length; start = end) {
		end = line_end(block, length, start);
		name = header_line_name(block + start, without_line_end(block, start, end) - start);
		if (name > 0)
			break;
	}
	if (start >= length) {
		*offset = length;
		return false;
	}
	end = line_end(block, length, start);
	while (end < length && (block[end] == ' ' || block[end] == '\t'))
		end = line_end(block, length, end);
	for (body = start + name; block[body] != ':';)
		body++;
	body++;
	field->start = block + start;
	field->length = end - start;
	field->name_length = name;
	field->body = block + body;
	field->body_length = without_line_end(block, body, end) - body;
	*offset = end;
	return true;
}

bool
header_is(const struct header_field *field, const char *name)
{
	return strlen(name) == field->name_length &&
	       strncasecmp(field->start, name, field->name_length) == 0;
}

char *
header_unfold(const struct header_field *field)
{
	char *text = malloc(field->body_length + 1);
	size_t used = 0;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < field->body_length; i++) {
		char c = field->body[i];

		if (c == '\r' || c == '\n' || c == '\0')
			continue;
		if (used > 0 || (c != ' ' && c != '\t'))
			text[used++] = c;
	}
	while (used > 0 && (text[used - 1] == ' ' || text[used - 1] == '\t'))
		used--;
	text[used] = '\0';
	return text;
}

/* The words from `start` to `end` as RFC 5322 phrase: quoted where one has specials. */
static char *
put_words(char *out, const char *start, const char *end)
{
	bool quote = false;

	for (const char *p = start; p < end; p++)
		if (strchr("()<>[]:;@\\,.\"", *p) != NULL)
			quote = true;
	if (quote)
		*out++ = '"';
	for (const char *p = start; p < end; p++) {
		if (*p == '"' || *p == '\\')
			*out++ = '\\';
		*out++ = *p;
	}
	if (quote)
		*out++ = '"';
	return out;
}

/* Octets of the words at `text` up to the next encoded one. */
static size_t
plain_run(const char *text)
{
	size_t length = strcspn(text, " ");
	size_t next;

	for (; text[length] == ' '; length += 1 + next) {
		next = strcspn(text + length + 1, " ");
		if (encoded_word_is(text + length + 1, next))
			break;
	}
	return length;
}

/*
 * An ASCII phrase. Words that are encoded already stay as they are: inside quotes
 * nobody would decode them.
 */
static char *
quote_phrase(const char *text)
{
	/* Every octet may become a pair; that encoded words do not pays for the quotes of
	 * all runs but the first. */
	char *phrase = malloc(2 * strlen(text) + sizeof("\"\""));
	char *out = phrase;
	size_t length;

	if (phrase == NULL)
		return NULL;
	while (*text != '\0') {
		length = strcspn(text, " ");
		if (encoded_word_is(text, length)) {
			memcpy(out, text, length);
			out += length;
		} else {
			length = plain_run(text);
			out = put_words(out, text, text + length);
		}
		text += length;
		if (*text == ' ')
			*out++ = *text++;
	}
	*out = '\0';
	return phrase;
}

char *
header_encode_phrase(const char *text)
{
	char *clean = strdup(text);
	char *phrase;
	bool ascii = true;

	if (clean == NULL)
		return NULL;
	for (char *p = clean; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' '; /* nothing may begin another line */
		if ((unsigned char)*p >= 0x80)
			ascii = false;
	}
	phrase = ascii ? quote_phrase(clean) : encoded_word_make(clean);
	free(clean);
	return phrase;
}
