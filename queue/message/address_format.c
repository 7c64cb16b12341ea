/* SPDX-License-Identifier: ISC */
#include "queue/message/address_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text_stream.h"
#include "queue/message/header.h"

#define COLUMNS_MAX 76
#define SUMMARY_MAX 800

/* A field's body in the making. */
struct body {
	FILE *out;
	size_t column;
	bool begun;
};

/* Add `text` after a space, on a new line where the old one has no room for it. */
static void
put_folded(struct body *body, const char *text)
{
	const char *last_line = strrchr(text, '\n');
	size_t first = strcspn(text, "\r");

	if (body->begun && body->column + 1 + first > COLUMNS_MAX) {
		fputs("\r\n", body->out);
		body->column = 0;
	}
	fprintf(body->out, " %s", text);
	body->column = last_line == NULL ? body->column + 1 + first : strlen(last_line + 1);
	body->begun = true;
}

static int
put_mailbox(struct body *body, const struct mailbox *mailbox, bool last)
{
	bool named = mailbox->name != NULL && *mailbox->name != '\0';
	bool bracket = named || *mailbox->address == '\0';
	char *phrase = NULL;
	char *address;

	if (named && (phrase = header_encode_phrase(mailbox->name)) == NULL)
		return -1;
	if (asprintf(&address, "%s%s%s%s", bracket ? "<" : "", mailbox->address, bracket ? ">" : "",
		last ? "" : ",") == -1) {
		free(phrase);
		return -1;
	}
	if (phrase != NULL)
		put_folded(body, phrase);
	put_folded(body, address);
	free(phrase);
	free(address);
	return 0;
}

char *
address_list_format(const struct address_list *list, size_t column)
{
	struct body body = {.column = column};
	char *text = NULL;
	size_t size;
	int result = 0;

	if ((body.out = text_stream_open(&text, &size)) == NULL)
		return NULL;
	for (size_t i = 0; i < list->count && result == 0; i++)
		result = put_mailbox(&body, &list->items[i], i + 1 == list->count);
	if (fclose(body.out) == EOF || result == -1) {
		free(text);
		return NULL;
	}
	return text;
}

char *
address_list_summary(const struct address_list *list)
{
	char *text = NULL;
	size_t size;
	size_t used = 0;
	FILE *out = text_stream_open(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (used > SUMMARY_MAX) {
			fprintf(out, ", and %zu more", list->count - i);
			break;
		}
		fprintf(out, "%s%s", i == 0 ? "" : ", ", list->items[i].address);
		used += strlen(list->items[i].address);
	}
	if (fclose(out) == EOF) {
		free(text);
		return NULL;
	}
	return text;
}
