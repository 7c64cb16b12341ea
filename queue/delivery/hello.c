/* SPDX-License-Identifier: ISC */
#include "queue/delivery/hello.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "config/config.h"
#include "queue/delivery/sasl.h"

static const struct keyword {
	const char *name;
	unsigned extension;
	unsigned disable; /* the DISABLE_ bit that refuses it; 0: none */
} keywords[] = {
    {"PIPELINING", HELLO_PIPELINING, DISABLE_PIPELINING},
    {"CHUNKING", HELLO_CHUNKING, DISABLE_CHUNKING},
    {"SIZE", HELLO_SIZE, DISABLE_SIZE},
    {"8BITMIME", HELLO_8BITMIME, DISABLE_8BITMIME},
    {"SMTPUTF8", HELLO_SMTPUTF8, DISABLE_SMTPUTF8},
    {"DSN", HELLO_DSN, DISABLE_DSN},
    {"ENHANCEDSTATUSCODES", HELLO_ENHANCEDSTATUSCODES, DISABLE_ENHANCEDSTATUSCODES},
    {"STARTTLS", HELLO_STARTTLS, 0},
    {"AUTH", HELLO_AUTH, 0},
};

/* A piece of a line, not terminated. */
struct word {
	const char *start;
	size_t length;
};

/* The next word of *rest, which ends at `end`; "=" parts words too (AUTH=LOGIN). */
static struct word
next_word(const char **rest, const char *end)
{
	struct word word;

	while (*rest < end && (**rest == ' ' || **rest == '\t' || **rest == '='))
		(*rest)++;
	word.start = *rest;
	while (*rest < end && **rest != ' ' && **rest != '\t' && **rest != '=')
		(*rest)++;
	word.length = (size_t)(*rest - word.start);
	return word;
}

static bool
word_is(struct word word, const char *name)
{
	return word.length == strlen(name) && strncasecmp(word.start, name, word.length) == 0;
}

/* RFC 1870: no number, 0, or one that no file reaches is no limit. */
static uint64_t
parse_size(struct word word)
{
	uint64_t size = 0;

	if (word.length == 0 || word.length > 18)
		return 0;
	for (size_t i = 0; i < word.length; i++) {
		if (word.start[i] < '0' || word.start[i] > '9')
			return 0;
		size = size * 10 + (uint64_t)(word.start[i] - '0');
	}
	return size;
}

static void
parse_mechanisms(const char *rest, const char *end, struct hello *hello)
{
	for (struct word word = next_word(&rest, end); word.length > 0;
	     word = next_word(&rest, end)) {
		enum mechanism mechanism = sasl_mechanism(word.start, word.length);

		if (mechanism != MECHANISM_BEST)
			hello->mechanisms |= 1u << mechanism;
	}
}

static void
parse_line(const char *rest, const char *end, unsigned disabled, struct hello *hello)
{
	struct word name = next_word(&rest, end);

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		const struct keyword *keyword = &keywords[i];

		if (!word_is(name, keyword->name) || (keyword->disable & disabled) != 0)
			continue;
		hello->extensions |= keyword->extension;
		if (keyword->extension == HELLO_SIZE)
			hello->size = parse_size(next_word(&rest, end));
		else if (keyword->extension == HELLO_AUTH)
			parse_mechanisms(rest, end, hello);
		return;
	}
}

void
hello_parse(const char *text, unsigned disabled, struct hello *hello)
{
	const char *line = strchr(text, '\n');

	memset(hello, 0, sizeof(*hello));
	while (line != NULL) {
		const char *end = strchr(line + 1, '\n');

		parse_line(
		    line + 1, end != NULL ? end : line + 1 + strlen(line + 1), disabled, hello);
		line = end;
	}
}
