/* SPDX-License-Identifier: ISC */
#include "sendmail/profile_insert.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/text_stream.h"
#include "config/yaml_read.h"

#define INDENT 2

typedef void write_entry(const struct profile_block *block, FILE *out, unsigned indent);

/* Where an entry goes. */
struct place {
	size_t offset; /* in the text: the beginning of a line, or the end */
	unsigned indent;
	bool heading; /* the section's key has to be written, too */
};

/* The offset at which line `number` (from 1) begins; the end where there are fewer. */
static size_t
line_offset(const char *text, unsigned number)
{
	const char *p = text;

	while (--number > 0 && *p != '\0') {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return (size_t)(p - text);
}

/* True for a line of nothing, or of a comment that stands further left than `indent`. */
static bool
is_between(const char *line, unsigned indent)
{
	size_t spaces = strspn(line, " \t\r");

	return line[spaces] == '\n' || line[spaces] == '\0' ||
	       (line[spaces] == '#' && spaces < indent);
}

/* True for a mapping in braces: nothing can be put behind its last line. */
static bool
is_braced(const char *text, const struct yaml_node *node)
{
	return text[line_offset(text, node->line) + node->column - 1] == '{';
}

/* Go back from `end` over what belongs to what follows, not lower than `start`. */
static size_t
back_to_entries(const char *text, size_t start, size_t end, unsigned indent)
{
	while (end > start) {
		size_t line = end - 1;

		while (line > start && text[line - 1] != '\n')
			line--;
		if (!is_between(text + line, indent))
			break;
		end = line;
	}
	return end;
}

static int
find_place(const char *path, const char *text, const struct yaml_node *root, const char *section,
    struct place *place, struct error *error)
{
	const struct yaml_node *item = NULL;
	size_t i = 0, start;

	*place = (struct place){strlen(text), INDENT, true};
	if (root == NULL || root->null)
		return 0;
	if (root->kind != YAML_MAPPING || is_braced(text, root))
		return error_set(error, EX_DATAERR, "%s: not written line by line", path);
	while (i < root->count && strcmp(root->keys[i]->text, section) != 0)
		i++;
	if (i == root->count)
		return 0;
	item = root->items[i];
	start = line_offset(text, root->keys[i]->line + 1);
	place->heading = false;
	place->offset =
	    i + 1 < root->count ? line_offset(text, root->keys[i + 1]->line) : strlen(text);
	if (item->kind == YAML_MAPPING && item->count > 0 && !is_braced(text, item))
		place->indent = item->keys[0]->column - 1;
	else if (!item->null)
		return error_set(error, EX_DATAERR,
		    "%s:%u: \"%s\" is not written line by line, so that nothing can be added to it",
		    path, item->line, section);
	place->offset = back_to_entries(text, start, place->offset, place->indent);
	return 0;
}

static char *
insert(const struct profile_block *block, const char *path, const char *text, const char *section,
    write_entry *write, struct error *error)
{
	struct yaml_node *root;
	struct place place;
	char *result = NULL;
	size_t length;
	FILE *out;
	int found;

	if (yaml_tree_parse(path, text, strlen(text), &root, error) < 0)
		return NULL;
	found = find_place(path, text, root, section, &place, error);
	yaml_tree_free(root);
	if (found < 0)
		return NULL;
	out = text_stream_open(&result, &length);
	if (out != NULL) {
		(void)fwrite(text, 1, place.offset, out);
		if (place.offset > 0 && text[place.offset - 1] != '\n')
			(void)fputc('\n', out);
		if (place.heading)
			(void)fprintf(out, "%s%s:\n", place.offset > 0 ? "\n" : "", section);
		write(block, out, place.indent);
		(void)fputs(text + place.offset, out);
	}
	if (out == NULL || fclose(out) != 0) {
		error_set(error, EX_OSERR, "out of memory");
		return NULL;
	}
	return result;
}

char *
profile_insert(const struct profile_block *block, const char *path, const char *text,
    const char *keep_default, struct error *error)
{
	char *with_client =
	    profile_block_has_client(block)
		? insert(block, path, text, "oauth_clients", profile_block_client, error)
		: strdup(text);
	char *result = NULL;
	char *longer;

	if (with_client != NULL) {
		result = insert(block, path, with_client, "profiles", profile_block_profile, error);
		/* Its place is one in a text that nobody has seen. */
		if (result == NULL && error->status == EX_CONFIG)
			error_prefix(error, "the result would not load");
	}
	free(with_client);
	if (result == NULL || keep_default == NULL)
		return result;
	if (asprintf(&longer, "%s\ndefault_profile: %s\n", result, keep_default) < 0) {
		error_set(error, EX_OSERR, "out of memory");
		longer = NULL;
	}
	free(result);
	return longer;
}
