/* SPDX-License-Identifier: ISC */
#include "sendmail/qualify.h"

#include <stdbool.h>

#include "queue/message/address_token.h"

/* One element of the address list as far as it was read. */
struct element {
	const char *end; /* after its last word */
	unsigned words;  /* words joined by dots are one */
	bool dotted;     /* the last token was a dot */
	bool has_domain;
	bool in_angle;
	bool closed; /* its angle brackets are behind us */
};

struct qualifier {
	const char *copied; /* everything before it is written */
	const char *domain;
	FILE *out;
	struct element element;
};

static void
copy_until(struct qualifier *qualifier, const char *end)
{
	fwrite(qualifier->copied, 1, (size_t)(end - qualifier->copied), qualifier->out);
	qualifier->copied = end;
}

static void
complete_element(struct qualifier *qualifier)
{
	const struct element *element = &qualifier->element;

	if (element->words != 1 || element->has_domain || element->closed)
		return;
	copy_until(qualifier, element->end);
	fputc('@', qualifier->out);
	fputs(qualifier->domain, qualifier->out);
}

static void
take_special(struct qualifier *qualifier, const struct token *token)
{
	struct element *element = &qualifier->element;

	switch (*token->start) {
	case '@':
		element->has_domain = true;
		break;
	case '.':
		element->dotted = true;
		element->end = token->start + token->length;
		break;
	case '<': /* what came before was a display name */
		*element = (struct element){.in_angle = true};
		break;
	case '>':
		complete_element(qualifier);
		*element = (struct element){.closed = true};
		break;
	case ':': /* a group's name came before, if not a source route */
		if (!element->in_angle && !element->has_domain)
			*element = (struct element){0};
		break;
	case ',':
	case ';':
		if (element->in_angle) /* a source route */
			break;
		complete_element(qualifier);
		*element = (struct element){0};
		break;
	default:
		break;
	}
}

void
qualify_addresses(const char *body, size_t length, const char *domain, FILE *out)
{
	struct qualifier qualifier = {.copied = body, .domain = domain, .out = out};
	struct element *element = &qualifier.element;
	struct token_reader reader;
	struct token token;

	address_token_init(&reader, body, length);
	for (address_token_next(&reader, &token);
	     token.kind != TOKEN_END && token.kind != TOKEN_BAD;
	     address_token_next(&reader, &token)) {
		if (token.kind == TOKEN_COMMENT)
			continue;
		if (token.kind == TOKEN_SPECIAL) {
			take_special(&qualifier, &token);
			continue;
		}
		if (!element->dotted)
			element->words++;
		element->dotted = false;
		element->end = token.start + token.length;
	}
	if (token.kind == TOKEN_END && !element->in_angle)
		complete_element(&qualifier);
	copy_until(&qualifier, body + length);
}
