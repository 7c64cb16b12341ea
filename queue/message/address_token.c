/* SPDX-License-Identifier: ISC */
#include "queue/message/address_token.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_atom(char c)
{
	switch (c) {
	case '(':
	case ')':
	case '<':
	case '>':
	case ',':
	case ';':
	case ':':
	case '@':
	case '.':
	case '"':
		return false;
	default:
		return !is_space(c);
	}
}

void
address_token_init(struct token_reader *reader, const char *text, size_t length)
{
	*reader = (struct token_reader){.next = text, .end = text + length};
}

/* Past the quoted string or literal that begins at `p`, or null where it is not closed. */
static const char *
skip_until(const char *p, const char *end, char closing)
{
	for (p++; p < end; p++) {
		if (*p == closing)
			return p + 1;
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return NULL;
}

static const char *
skip_comment(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
		else if (*p == '\\' && p + 1 < end)
			p++;
	}
	return NULL;
}

/* A backslash cannot quote a line end: nobody may put something in between CR and LF. */
static const char *
skip_atom(const char *p, const char *end)
{
	for (; p < end && is_atom(*p); p++)
		if (*p == '\\' && (++p == end || *p == '\r' || *p == '\n'))
			return NULL;
	return p;
}

/* Past the token at `next`, whose kind goes to *kind; null where it is not closed. */
static const char *
skip_token(const struct token_reader *reader, enum token_kind *kind)
{
	const char *p = reader->next;

	if (*p == '"') {
		*kind = TOKEN_QUOTED;
		return skip_until(p, reader->end, '"');
	}
	if (*p == '(') {
		*kind = TOKEN_COMMENT;
		return skip_comment(p, reader->end);
	}
	if (*p == '[' && reader->after_at) {
		*kind = TOKEN_LITERAL;
		return skip_until(p, reader->end, ']');
	}
	if (is_atom(*p)) {
		*kind = TOKEN_ATOM;
		return skip_atom(p, reader->end);
	}
	*kind = TOKEN_SPECIAL;
	return p + 1;
}

void
address_token_next(struct token_reader *reader, struct token *token)
{
	const char *after;

	token->spaced = reader->after_comment;
	for (; reader->next < reader->end && is_space(*reader->next); reader->next++)
		token->spaced = true;
	token->start = reader->next;
	if (reader->next == reader->end) {
		token->kind = TOKEN_END;
		token->length = 0;
		return;
	}
	after = skip_token(reader, &token->kind);
	if (after == NULL) {
		token->kind = TOKEN_BAD;
		after = reader->end;
	}
	reader->next = after;
	token->length = (size_t)(after - token->start);
	reader->after_comment = token->kind == TOKEN_COMMENT;
	if (token->kind != TOKEN_COMMENT)
		reader->after_at = address_token_is(token, '@');
}

bool
address_token_is(const struct token *token, char c)
{
	return token->kind == TOKEN_SPECIAL && *token->start == c;
}

size_t
address_token_text(const struct token *token, char *buffer)
{
	const char *p = token->start;
	const char *end = token->start + token->length;
	size_t used = 0;

	if (token->kind == TOKEN_QUOTED || token->kind == TOKEN_COMMENT) {
		p++;
		end--;
	}
	for (; p < end; p++) {
		if (*p == '\r' || *p == '\n')
			continue;
		if (*p == '\\' && p + 1 < end)
			p++;
		buffer[used++] = *p;
	}
	return used;
}
