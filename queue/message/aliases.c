/* SPDX-License-Identifier: ISC */
#include "queue/message/aliases.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "queue/message/address_token.h"
#include "queue/message/alias_include.h"
#include "queue/message/alias_text.h"

struct alias {
	char *name; /* in lower case */
	unsigned line;
	struct address_list targets;
};

struct aliases {
	struct alias *items; /* sorted by name once loaded */
	size_t count;
	size_t room;
};

struct loader {
	struct aliases *aliases;
	const char *path;
	void (*complain)(const char *message, void *context);
	void *context;
};

/* Report `fault`, found in `line`. */
static void
report(const struct loader *loader, unsigned line, struct error *fault)
{
	if (loader->complain == NULL)
		return;
	error_prefix(fault, "%s:%u", loader->path, line);
	loader->complain(fault->text, loader->context);
}

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void
free_alias(struct alias *alias)
{
	free(alias->name);
	address_list_free(&alias->targets);
}

/* The colon after the name, or null. */
static char *
find_colon(char *line, size_t length)
{
	struct token_reader reader;
	struct token token;

	address_token_init(&reader, line, length);
	do
		address_token_next(&reader, &token);
	while (token.kind != TOKEN_END && !address_token_is(&token, ':'));
	return token.kind == TOKEN_END ? NULL : line + (token.start - line);
}

/* Read "name: targets" into `alias`. */
static int
parse_alias(char *line, size_t length, struct alias *alias, struct error *fault)
{
	char *colon = find_colon(line, length);

	if (*line == ' ' || *line == '\t')
		return error_set(fault, EX_DATAERR, "continues no line");
	if (colon == NULL)
		return error_set(fault, EX_DATAERR, "no colon after the name");
	*colon = '\0';
	if (address_parse_one(line, &alias->name, fault) == -1)
		return -1;
	if (*alias->name == '\0')
		return error_set(fault, EX_DATAERR, "no name before the colon");
	lower(alias->name);
	if (alias_target_parse(
		colon + 1, length - (size_t)(colon + 1 - line), &alias->targets, fault) == -1)
		return -1;
	if (alias->targets.count == 0)
		return error_set(fault, EX_DATAERR, "%s: nothing after the colon", alias->name);
	return 0;
}

/* Take over `alias`. */
static int
add(struct aliases *aliases, const struct alias *alias)
{
	struct alias *items;
	size_t room = aliases->room == 0 ? 32 : 2 * aliases->room;

	if (aliases->count == aliases->room) {
		if ((items = reallocarray(aliases->items, room, sizeof(*items))) == NULL)
			return -1;
		aliases->items = items;
		aliases->room = room;
	}
	aliases->items[aliases->count++] = *alias;
	return 0;
}

static int
read_lines(const struct loader *loader, struct alias_text *text, struct error *error)
{
	struct alias alias;
	struct error fault;
	size_t length;

	while ((length = alias_text_line(text)) > 0) {
		alias = (struct alias){.line = text->number};
		if (parse_alias(text->line, length, &alias, &fault) == -1) {
			free_alias(&alias);
			/* Without its alias mail would go somewhere else. */
			if (fault.status == EX_OSERR)
				return error_set(
				    error, EX_OSERR, "%s: %s", loader->path, fault.text);
			report(loader, text->number, &fault);
		} else if (add(loader->aliases, &alias) == -1) {
			error_set_errno(error, EX_OSERR, "%s", loader->path);
			free_alias(&alias);
			return -1;
		}
	}
	return 0;
}

/* By name; of several with one name the first in the file, which counts, comes first. */
static int
compare(const void *a, const void *b)
{
	const struct alias *x = a;
	const struct alias *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Returns 0 also where there is no file. */
static int
load(const struct loader *loader, struct error *error)
{
	struct alias_text text;
	int fd = open(loader->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd == -1)
		return error_set_errno(error, error_file_status(errno), "%s", loader->path);
	result = alias_text_read(fd, loader->path, &text, error);
	close(fd);
	if (result == -1)
		return -1;
	result = read_lines(loader, &text, error);
	alias_text_free(&text);
	if (result == 0 && loader->aliases->count > 0)
		qsort(loader->aliases->items, loader->aliases->count,
		    sizeof(*loader->aliases->items), compare);
	return result;
}

struct aliases *
aliases_load(const char *path, void (*complain)(const char *message, void *context), void *context,
    struct error *error)
{
	struct loader loader = {
	    .aliases = calloc(1, sizeof(struct aliases)),
	    .path = path,
	    .complain = complain,
	    .context = context,
	};

	if (loader.aliases == NULL) {
		error_set_errno(error, EX_OSERR, "%s", path);
		return NULL;
	}
	if (load(&loader, error) == -1) {
		aliases_free(loader.aliases);
		return NULL;
	}
	return loader.aliases;
}

void
aliases_free(struct aliases *aliases)
{
	if (aliases == NULL)
		return;
	for (size_t i = 0; i < aliases->count; i++)
		free_alias(&aliases->items[i]);
	free(aliases->items);
	free(aliases);
}

const struct address_list *
aliases_find(const struct aliases *aliases, const char *name)
{
	char key[ADDRESS_MAX + 1];
	size_t low = 0;
	size_t high = aliases->count;

	if (strlcpy(key, name, sizeof(key)) >= sizeof(key))
		return NULL;
	lower(key);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(aliases->items[middle].name, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == aliases->count || strcmp(aliases->items[low].name, key) != 0)
		return NULL;
	return &aliases->items[low].targets;
}

/* Report that the alias at `index` has the name of the one before it. Returns how often
 * it does, at most once. */
static size_t
check_name(const struct loader *loader, const struct aliases *aliases, size_t index)
{
	const struct alias *alias = &aliases->items[index];
	struct error fault;

	if (index == 0 || strcmp(alias->name, aliases->items[index - 1].name) != 0)
		return 0;
	error_set(&fault, EX_DATAERR, "%s: ignored, line %u has that name", alias->name,
	    aliases->items[index - 1].line);
	report(loader, alias->line, &fault);
	return 1;
}

/* What is wrong with a target, in `fault`; 0 where nothing is. */
static int
check_target(const struct loader *loader, const struct mailbox *target, struct error *fault)
{
	struct address_list list = {0};
	int result = -1;

	switch (alias_target_kind(target)) {
	case ALIAS_ADDRESS:
		return 0;
	case ALIAS_COMMAND:
		return error_set(fault, EX_DATAERR, "commands are not run: %s", target->address);
	case ALIAS_FILE:
		return error_set(
		    fault, EX_DATAERR, "files are not written to: %s", target->address);
	case ALIAS_INCLUDE:
		result = alias_include_read(
		    target->address, &list, loader->complain, loader->context, fault);
		address_list_free(&list);
		break;
	}
	return result;
}

size_t
aliases_check(const struct aliases *aliases, const char *path,
    void (*complain)(const char *message, void *context), void *context)
{
	const struct loader loader = {.path = path, .complain = complain, .context = context};
	struct error fault;
	size_t faults = 0;

	for (size_t i = 0; i < aliases->count; i++) {
		const struct alias *alias = &aliases->items[i];

		faults += check_name(&loader, aliases, i);
		for (size_t j = 0; j < alias->targets.count; j++) {
			if (check_target(&loader, &alias->targets.items[j], &fault) == 0)
				continue;
			faults++;
			error_prefix(&fault, "%s", alias->name);
			report(&loader, alias->line, &fault);
		}
	}
	return faults;
}
