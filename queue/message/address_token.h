/*
 * The words of an address field: RFC 5322 section 3.2, one token at a time, without
 * memory of its own. Nesting of comments is counted, not recursed into.
 */
#ifndef POSTOAK_MESSAGE_ADDRESS_TOKEN_H
#define POSTOAK_MESSAGE_ADDRESS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
	TOKEN_END,
	TOKEN_ATOM,    /* anything but white space and specials; may hold quoted pairs */
	TOKEN_QUOTED,  /* "..." */
	TOKEN_LITERAL, /* [...], only after '@': elsewhere a bracket is part of a word */
	TOKEN_COMMENT, /* (...) */
	TOKEN_SPECIAL, /* one of < > , ; : @ . ) */
	TOKEN_BAD,     /* not closed before the end, or a backslash that quotes nothing */
};

struct token {
	enum token_kind kind;
	const char *start;
	size_t length;
	bool spaced; /* white space or a comment stands before it */
};

struct token_reader {
	const char *next;
	const char *end;
	bool after_at;
	bool after_comment;
};

void address_token_init(struct token_reader *reader, const char *text, size_t length);

/* Fill `token` with the next one; TOKEN_END again and again at the end. */
void address_token_next(struct token_reader *reader, struct token *token);

/* True for the special character `c`. */
bool address_token_is(const struct token *token, char c);

/*
 * Copy what the token means to `buffer` (room for token->length octets, no NUL is
 * added): quotes or the outer parentheses taken off, quoted pairs resolved, line ends
 * of folding removed. Returns the octets written.
 */
size_t address_token_text(const struct token *token, char *buffer);

#endif
