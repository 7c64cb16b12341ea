/* SPDX-License-Identifier: ISC */
#include "queue/selection.h"

#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "queue/spool/queue_id.h"

static const char kinds[] = "IRS";

static bool
is_negated(const char *word)
{
	return word[0] == '!';
}

static char
kind_of(const char *word)
{
	return word[is_negated(word)];
}

static const char *
substring_of(const char *word)
{
	return word + is_negated(word) + 1;
}

static bool
is_one_word(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

int
selection_add(struct selection *selection, const char *word, struct error *error)
{
	if (!is_one_word(word))
		return error_set(
		    error, EX_USAGE, "a selection has no spaces and no control characters");
	if (kind_of(word) == '\0' || strchr(kinds, kind_of(word)) == NULL)
		return error_set(error, EX_USAGE, "cannot select messages by '%s'", word);
	if (*substring_of(word) == '\0')
		return error_set(error, EX_USAGE, "what to select by is missing after '%s'", word);
	if (selection->count == SELECTION_MAX)
		return error_set(error, EX_USAGE, "more than %d selections", SELECTION_MAX);
	selection->words[selection->count++] = word;
	return 0;
}

int
selection_add_all(struct selection *selection, char *words, struct error *error)
{
	char *rest = *words == '\0' ? NULL : words;
	const char *word;

	while ((word = strsep(&rest, " ")) != NULL)
		if (selection_add(selection, word, error) < 0)
			return -1;
	return 0;
}

int
selection_request(const struct selection *selection, const char *verb, char *line, size_t size,
    struct error *error)
{
	size_t length = strlcpy(line, verb, size);

	for (size_t i = 0; i < selection->count && length < size; i++) {
		(void)strlcat(line, " ", size);
		length = strlcat(line, selection->words[i], size);
	}
	if (length >= size)
		return error_set(error, EX_USAGE, "the selections are too long together");
	return 0;
}

static bool
any_recipient_contains(const struct candidate *candidate, const char *substring)
{
	const struct envelope *envelope = candidate->envelope;

	for (size_t i = 0; i < envelope->recipient_count; i++)
		if (strcasestr(envelope->recipients[i].address, substring) != NULL &&
		    candidate->is_open(candidate->context, i))
			return true;
	return false;
}

static bool
contains(const struct candidate *candidate, char kind, const char *substring)
{
	const char *sender = candidate->envelope->sender;
	char id[QUEUE_ID_SIZE];

	switch (kind) {
	case 'I':
		queue_id_format(candidate->id, id);
		return strcasestr(id, substring) != NULL;
	case 'R':
		return any_recipient_contains(candidate, substring);
	case 'S':
	default:
		return strcasestr(*sender == '\0' ? "<>" : sender, substring) != NULL;
	}
}

/* Whether any word of `kind` holds; where there is none, nothing is asked of it. */
static bool
kind_matches(const struct selection *selection, char kind, const struct candidate *candidate)
{
	bool asked = false;

	for (size_t i = 0; i < selection->count; i++) {
		const char *word = selection->words[i];

		if (kind_of(word) != kind)
			continue;
		if (contains(candidate, kind, substring_of(word)) != is_negated(word))
			return true;
		asked = true;
	}
	return !asked;
}

bool
selection_matches(const struct selection *selection, const struct candidate *candidate)
{
	for (const char *kind = kinds; *kind != '\0'; kind++)
		if (!kind_matches(selection, *kind, candidate))
			return false;
	return true;
}
