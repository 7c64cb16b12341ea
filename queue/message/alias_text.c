/* SPDX-License-Identifier: ISC */
#include "queue/message/alias_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static int
read_whole(int fd, struct alias_text *text, size_t size)
{
	ssize_t got;

	while (text->length < size) {
		got = read(fd, text->text + text->length, size - text->length);
		if (got == 0)
			break; /* cut short meanwhile */
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		text->length += (size_t)got;
	}
	return 0;
}

int
alias_text_read(int fd, const char *path, struct alias_text *text, struct error *error)
{
	struct stat st;

	*text = (struct alias_text){.next_number = 1};
	if (fstat(fd, &st) == -1)
		return error_set_errno(error, EX_OSERR, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(error, EX_NOINPUT, "%s: not a regular file", path);
	if (st.st_size > ALIAS_TEXT_MAX)
		return error_set(
		    error, EX_NOINPUT, "%s: more than %d octets", path, ALIAS_TEXT_MAX);
	text->text = malloc((size_t)st.st_size + 1);
	text->line = malloc((size_t)st.st_size + 1);
	if (text->text == NULL || text->line == NULL ||
	    read_whole(fd, text, (size_t)st.st_size) == -1) {
		error_set_errno(error, EX_OSERR, "%s", path);
		alias_text_free(text);
		return -1;
	}
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* `length` without a comment and without white space at the end. */
static size_t
without_comment(const char *line, size_t length)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < length; i++) {
		if (line[i] == '\\')
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (line[i] == '#' && !quoted && (i == 0 || is_blank(line[i - 1])))
			break;
	}
	length = i < length ? i : length;
	while (length > 0 && is_blank(line[length - 1]))
		length--;
	return length;
}

size_t
alias_text_line(struct alias_text *text)
{
	size_t used = 0;
	bool joined = false;

	while (text->offset < text->length) {
		const char *line = text->text + text->offset;
		size_t left = text->length - text->offset;
		const char *newline = memchr(line, '\n', left);
		size_t whole = newline == NULL ? left : (size_t)(newline - line) + 1;
		size_t length = without_comment(line, newline == NULL ? left : whole - 1);

		if (used > 0 && length > 0 && !is_blank(*line) && !joined)
			break;
		text->offset += whole;
		if (used == 0)
			text->number = text->next_number;
		text->next_number++;
		if (length == 0)
			continue;
		joined = line[length - 1] == '\\';
		if (joined)
			length--;
		memcpy(text->line + used, line, length);
		used += length;
	}
	text->line[used] = '\0';
	return used;
}

void
alias_text_free(struct alias_text *text)
{
	free(text->text);
	free(text->line);
	*text = (struct alias_text){0};
}
