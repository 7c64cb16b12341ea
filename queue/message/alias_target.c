/* SPDX-License-Identifier: ISC */
#include "queue/message/alias_target.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "queue/message/address_token.h"

#define INCLUDE ":include:"

enum alias_target
alias_target_kind(const struct mailbox *target)
{
	if (*target->address == '|')
		return ALIAS_COMMAND;
	if (strncasecmp(target->address, INCLUDE, strlen(INCLUDE)) == 0)
		return ALIAS_INCLUDE;
	/* "/C=fr/S=doe/@gateway.example" is an address (X.400). */
	if (*target->address == '/' && address_domain(target->address) == NULL)
		return ALIAS_FILE;
	return ALIAS_ADDRESS;
}

/* Octets up to the comma that ends the piece at `text`, or to the end. */
static size_t
piece_length(const char *text, size_t length)
{
	struct token_reader reader;
	struct token token;
	bool bracket = false;

	address_token_init(&reader, text, length);
	for (;;) {
		address_token_next(&reader, &token);
		if (token.kind == TOKEN_END || (address_token_is(&token, ',') && !bracket))
			return (size_t)(token.start - text);
		if (address_token_is(&token, '<'))
			bracket = true;
		else if (address_token_is(&token, '>'))
			bracket = false;
	}
}

/* The piece as one string without outer white space, and without quotes around all of it. */
static char *
piece_text(const char *text, size_t length)
{
	struct token_reader reader;
	struct token token, after;
	char *copy = malloc(length + 1);
	size_t used;

	if (copy == NULL)
		return NULL;
	address_token_init(&reader, text, length);
	address_token_next(&reader, &token);
	address_token_next(&reader, &after);
	if (token.kind == TOKEN_QUOTED && after.kind == TOKEN_END) {
		used = address_token_text(&token, copy);
	} else {
		length -= (size_t)(token.start - text);
		while (length > 0 && strchr(" \t\r\n", token.start[length - 1]) != NULL)
			length--;
		memcpy(copy, token.start, length);
		used = length;
	}
	copy[used] = '\0';
	return copy;
}

static int
parse_piece(const char *text, size_t length, struct address_list *list, struct error *error)
{
	struct mailbox target = {.address = piece_text(text, length)};
	int result;

	if (target.address == NULL)
		return error_set_errno(error, EX_OSERR, "cannot read an alias");
	if (alias_target_kind(&target) == ALIAS_ADDRESS)
		result = address_list_parse(text, length, list, error);
	else if ((result = address_list_append(list, target.address, NULL, false)) == -1)
		error_set_errno(error, EX_OSERR, "cannot read an alias");
	free(target.address);
	return result;
}

int
alias_target_parse(const char *text, size_t length, struct address_list *list, struct error *error)
{
	size_t before = list->count;
	size_t piece;

	for (;; text += piece + 1, length -= piece + 1) {
		piece = piece_length(text, length);
		if (parse_piece(text, piece, list, error) == -1) {
			address_list_truncate(list, before);
			return -1;
		}
		if (piece == length)
			return 0;
	}
}
