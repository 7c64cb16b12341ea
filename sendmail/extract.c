/* SPDX-License-Identifier: ISC */
#include "sendmail/extract.h"

#include <stdbool.h>

#include "queue/message/header.h"

static bool
names_recipients(const struct header_field *field)
{
	return header_is(field, "To") || header_is(field, "Cc") || header_is(field, "Bcc");
}

static bool
names_resent_recipients(const struct header_field *field)
{
	return header_is(field, "Resent-To") || header_is(field, "Resent-Cc") ||
	       header_is(field, "Resent-Bcc");
}

static bool
is_resent(const char *header, size_t length)
{
	struct header_field field;
	size_t offset = 0;

	while (header_next(header, length, &offset, &field)) {
		if (names_resent_recipients(&field))
			return true;
	}
	return false;
}

int
extract_recipients(
    const char *header, size_t length, struct address_list *list, struct error *error)
{
	bool resent = is_resent(header, length);
	struct header_field field;
	size_t offset = 0;

	while (header_next(header, length, &offset, &field)) {
		if (resent ? !names_resent_recipients(&field) : !names_recipients(&field))
			continue;
		if (address_list_parse(field.body, field.body_length, list, error) < 0)
			return error_prefix(error, "%.*s", (int)field.name_length, field.start);
	}
	return 0;
}
