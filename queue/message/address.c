/* SPDX-License-Identifier: ISC */
#include "queue/message/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

#include "queue/message/address_spec.h"
#include "queue/message/address_token.h"

/* How much of a bad address an error quotes. */
#define PIECE_MAX 80

/*
 * A list is read token by token up to the next delimiter. What was passed, the piece
 * from `start` on, is then read once more: as a display name where the delimiter is
 * '<', as addresses at ',' ';' and the end; a ':' makes it the name of a group. So every
 * octet is looked at twice, whatever the input.
 */
struct parser {
	struct address_list *list;
	struct error *error;
	struct token_reader reader;
	const char *element; /* what an error names begins here */
	const char *start;   /* of the piece being passed */
	bool piece_has_at;   /* a group's name has no '@' */
	bool after_colon;    /* a group in a group there is not */
	bool after_bracket;  /* a comment now still names the last mailbox */
};

/* Name the list element in which `end` was reached. */
static int
fail(struct parser *parser, const char *end)
{
	const char *start = parser->element;
	size_t length;

	while (end < parser->reader.end && strchr(",;\r\n", *end) == NULL)
		end++;
	while (start < end && (*start == ' ' || *start == '\t' || *start == '\r' || *start == '\n'))
		start++;
	length = (size_t)(end - start);
	return error_set(parser->error, EX_DATAERR, "bad address: %.*s%s",
	    (int)(length > PIECE_MAX ? PIECE_MAX : length), start, length > PIECE_MAX ? "..." : "");
}

static int
fail_memory(struct parser *parser)
{
	errno = ENOMEM;
	return error_set_errno(parser->error, EX_OSERR, "cannot read addresses");
}

/* Cut control characters and outer white space from a name of `length` octets. */
static void
clean_name(char *name, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = name[i] == '\t' ? ' ' : name[i];

		if ((unsigned char)c < 0x20 || c == 0x7f || (c == ' ' && used == 0))
			continue;
		name[used++] = c;
	}
	while (used > 0 && name[used - 1] == ' ')
		used--;
	name[used] = '\0';
}

/*
 * The display name that the words from `start` to `end` make; where there are none, what
 * the last comment says; null where that is empty. Returns 0, or -1 without memory.
 */
static int
read_name(const char *start, const char *end, char **name)
{
	struct token comment = {.kind = TOKEN_END};
	struct token_reader reader;
	struct token token;
	size_t used = 0;
	char *text;

	*name = NULL;
	if (start == end)
		return 0;
	if ((text = malloc((size_t)(end - start) + 1)) == NULL)
		return -1;
	address_token_init(&reader, start, (size_t)(end - start));
	for (address_token_next(&reader, &token); token.kind != TOKEN_END;
	     address_token_next(&reader, &token)) {
		if (token.kind == TOKEN_COMMENT) {
			comment = token;
			continue;
		}
		if (used > 0 && token.spaced)
			text[used++] = ' ';
		used += address_token_text(&token, text + used);
	}
	if (used == 0 && comment.kind == TOKEN_COMMENT)
		used = address_token_text(&comment, text);
	clean_name(text, used);
	if (*text != '\0')
		*name = text;
	else
		free(text);
	return 0;
}

/* Append the mailbox; the piece up to `end` is what an error names. Takes `name`. */
static int
append(struct parser *parser, const struct address_spec *spec, char *name, const char *end)
{
	char address[ADDRESS_MAX + 1] = "";
	int result;

	if (spec->started && address_spec_format(spec, address) == -1)
		result = fail(parser, end);
	else if (parser->list->count >= ADDRESS_LIST_MAX)
		result = error_set(
		    parser->error, EX_DATAERR, "more than %d addresses", ADDRESS_LIST_MAX);
	else if (address_list_append(parser->list, address, name, spec->verbatim) == -1)
		result = fail_memory(parser);
	else
		result = 0;
	free(name);
	return result;
}

static int
append_bare(struct parser *parser, const struct address_spec *spec, const struct token *comment,
    const char *end)
{
	char *name = NULL;

	if (comment->kind == TOKEN_COMMENT &&
	    read_name(comment->start, comment->start + comment->length, &name) == -1)
		return fail_memory(parser);
	return append(parser, spec, name, end);
}

/* "<addr> (name)": the comment comes after its mailbox. */
static int
name_last(struct parser *parser, const struct token *comment)
{
	struct mailbox *last = &parser->list->items[parser->list->count - 1];

	if (last->name == NULL &&
	    read_name(comment->start, comment->start + comment->length, &last->name) == -1)
		return fail_memory(parser);
	return 0;
}

/* The piece up to `end` has no angle brackets: its words are addresses. */
static int
read_bare(struct parser *parser, const char *end)
{
	struct address_spec spec = {0};
	struct token comment = {.kind = TOKEN_END};
	struct token_reader reader;
	struct token token;

	address_token_init(&reader, parser->start, (size_t)(end - parser->start));
	for (address_token_next(&reader, &token); token.kind != TOKEN_END;
	     address_token_next(&reader, &token)) {
		if (token.kind == TOKEN_COMMENT) {
			comment = token;
			continue;
		}
		switch (address_spec_add(&spec, &token)) {
		case ADDRESS_SPEC_TAKEN:
			break;
		case ADDRESS_SPEC_NEXT:
			if (append_bare(parser, &spec, &comment, end) == -1)
				return -1;
			comment.kind = TOKEN_END;
			parser->element = token.start;
			spec = (struct address_spec){0};
			if (address_spec_add(&spec, &token) != ADDRESS_SPEC_TAKEN)
				return fail(parser, end);
			break;
		case ADDRESS_SPEC_BAD:
			return fail(parser, end);
		}
	}
	if (spec.started)
		return append_bare(parser, &spec, &comment, end);
	if (parser->after_bracket && comment.kind == TOKEN_COMMENT)
		return name_last(parser, &comment);
	return 0;
}

/* "@a,@b:" in front of an address says which way mail once went; it is ignored. */
static int
skip_route(struct parser *parser)
{
	struct token token;

	do {
		address_token_next(&parser->reader, &token);
		if (token.kind == TOKEN_END || token.kind == TOKEN_BAD ||
		    address_token_is(&token, '>') || address_token_is(&token, '<'))
			return -1;
	} while (!address_token_is(&token, ':'));
	return 0;
}

/* What stands between '<', just read, and '>'. */
static int
read_bracket(struct parser *parser, struct address_spec *spec)
{
	bool first = true;
	struct token token;

	for (;;) {
		address_token_next(&parser->reader, &token);
		if (token.kind == TOKEN_COMMENT)
			continue;
		if (address_token_is(&token, '>'))
			return 0;
		if (first && address_token_is(&token, '@')) {
			if (skip_route(parser) == -1)
				return -1;
		} else if (token.kind == TOKEN_END ||
			   address_spec_add(spec, &token) != ADDRESS_SPEC_TAKEN) {
			return -1;
		}
		first = false;
	}
}

/* The piece before `bracket` is a display name. */
static int
read_mailbox(struct parser *parser, const char *bracket)
{
	struct address_spec spec = {0};
	char *name;

	if (read_bracket(parser, &spec) == -1)
		return fail(parser, parser->reader.next);
	if (read_name(parser->start, bracket, &name) == -1)
		return fail_memory(parser);
	if (append(parser, &spec, name, parser->reader.next) == -1)
		return -1;
	parser->element = parser->start = parser->reader.next;
	parser->after_bracket = true;
	return 0;
}

/* A ':' ends a group's name. Its members are like any others. */
static int
begin_group(struct parser *parser, const char *colon)
{
	const char *p = parser->start;

	while (p < colon && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	/* "host::user", "a@b:c" and "a:b:c" are no groups: mail must not go to what follows. */
	if (p == colon || parser->piece_has_at || parser->after_colon)
		return fail(parser, parser->reader.next);
	return 0;
}

static int
read_list(struct parser *parser)
{
	struct token token;
	int result;

	for (;;) {
		address_token_next(&parser->reader, &token);
		if (token.kind == TOKEN_BAD || address_token_is(&token, '>'))
			return fail(parser, parser->reader.next);
		if (address_token_is(&token, '@'))
			parser->piece_has_at = true;
		if (token.kind != TOKEN_END && token.kind != TOKEN_SPECIAL)
			continue;
		if (address_token_is(&token, '<')) {
			if (read_mailbox(parser, token.start) == -1)
				return -1;
			continue;
		}
		if (address_token_is(&token, ':'))
			result = begin_group(parser, token.start);
		else if (token.kind == TOKEN_END || address_token_is(&token, ',') ||
			 address_token_is(&token, ';'))
			result = read_bare(parser, token.start);
		else
			continue;
		if (result == -1 || token.kind == TOKEN_END)
			return result;
		parser->start = parser->reader.next;
		parser->piece_has_at = false;
		parser->after_bracket = false;
		parser->after_colon = address_token_is(&token, ':');
		if (!parser->after_colon)
			parser->element = parser->start;
	}
}

int
address_list_parse(const char *text, size_t length, struct address_list *list, struct error *error)
{
	struct parser parser = {.list = list, .error = error, .element = text, .start = text};
	size_t before = list->count;

	address_token_init(&parser.reader, text, length);
	if (read_list(&parser) == -1) {
		address_list_truncate(list, before);
		return -1;
	}
	return 0;
}

int
address_list_append(struct address_list *list, const char *address, const char *name, bool verbatim)
{
	struct mailbox item = {.verbatim = verbatim};
	struct mailbox *items;

	/* Room is always made for a power of two, so a count of that kind means full. */
	if ((list->count & (list->count - 1)) == 0) {
		items = reallocarray(
		    list->items, list->count == 0 ? 1 : 2 * list->count, sizeof(*items));
		if (items == NULL)
			return -1;
		list->items = items;
	}
	if ((item.address = strdup(address)) == NULL)
		return -1;
	if (name != NULL && (item.name = strdup(name)) == NULL) {
		free(item.address);
		return -1;
	}
	list->items[list->count++] = item;
	return 0;
}

void
address_list_truncate(struct address_list *list, size_t count)
{
	while (list->count > count) {
		list->count--;
		free(list->items[list->count].name);
		free(list->items[list->count].address);
	}
	if (count == 0) {
		free(list->items);
		list->items = NULL;
	}
}

void
address_list_free(struct address_list *list)
{
	address_list_truncate(list, 0);
}

int
address_parse_one(const char *text, char **address, struct error *error)
{
	struct address_list list = {0};
	int result = 0;

	*address = NULL;
	if (address_list_parse(text, strlen(text), &list, error) == -1)
		return -1;
	if (list.count == 1) {
		*address = list.items[0].address;
		list.items[0].address = NULL;
	} else if (text[strspn(text, " \t\r\n")] != '\0') {
		result = error_set(error, EX_DATAERR, "not one address: %.*s", PIECE_MAX, text);
	} else if ((*address = strdup("")) == NULL) {
		result = error_set_errno(error, EX_OSERR, "cannot read an address");
	}
	address_list_free(&list);
	return result;
}

bool
address_is_valid(const char *address)
{
	return address_spec_is_valid(address);
}

const char *
address_domain(const char *address)
{
	const char *domain = NULL;
	bool quoted = false;

	for (const char *p = address; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (!quoted && *p == '@')
			domain = p + 1;
	}
	return domain != NULL && *domain != '\0' ? domain : NULL;
}

char *
address_qualify(const char *address, const char *domain)
{
	char *qualified;

	if (address_domain(address) != NULL)
		return strdup(address);
	return asprintf(&qualified, "%s@%s", address, domain) == -1 ? NULL : qualified;
}

int
address_compare(const char *a, const char *b)
{
	const char *a_domain = address_domain(a);
	const char *b_domain = address_domain(b);
	size_t a_local = a_domain == NULL ? strlen(a) : (size_t)(a_domain - a);
	size_t b_local = b_domain == NULL ? strlen(b) : (size_t)(b_domain - b);
	int order;

	if (a_local != b_local)
		return a_local < b_local ? -1 : 1;
	if ((order = memcmp(a, b, a_local)) != 0)
		return order;
	if (a_domain == NULL || b_domain == NULL)
		return (a_domain != NULL) - (b_domain != NULL);
	return strcasecmp(a_domain, b_domain);
}

bool
address_equal(const char *a, const char *b)
{
	return address_compare(a, b) == 0;
}

bool
address_is_utf8(const char *address)
{
	for (; *address != '\0'; address++)
		if ((unsigned char)*address >= 0x80)
			return true;
	return false;
}
