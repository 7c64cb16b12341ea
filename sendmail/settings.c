/* SPDX-License-Identifier: ISC */
#include "sendmail/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct entry {
	enum setting setting;
	char letter;
	const char *name;
	size_t shortest; /* letters that tell the name from all others of Sendmail */
} entries[] = {
    {SETTING_ALIAS_FILE, 'A', "AliasFile", 6},
    {SETTING_DELIVERY_MODE, 'd', "DeliveryMode", 8},
    {SETTING_ERROR_MODE, 'e', "ErrorMode", 6},
    {SETTING_IGNORE_DOTS, 'i', "IgnoreDots", 2},
};

#define ENTRIES (sizeof entries / sizeof *entries)

enum setting
settings_by_letter(const char *text, const char **value)
{
	*value = *text != '\0' ? text + 1 : text;
	for (size_t i = 0; i < ENTRIES; i++) {
		if (entries[i].letter == *text)
			return entries[i].setting;
	}
	return SETTING_NONE;
}

static bool
is_named(const struct entry *entry, const char *name, size_t length)
{
	return length >= entry->shortest && length <= strlen(entry->name) &&
	       strncasecmp(name, entry->name, length) == 0;
}

enum setting
settings_by_name(const char *text, const char **value)
{
	size_t length = strcspn(text, " =");

	*value = text + length + strspn(text + length, " ");
	if (**value == '=')
		++*value;
	*value += strspn(*value, " ");
	for (size_t i = 0; i < ENTRIES; i++) {
		if (is_named(&entries[i], text, length))
			return entries[i].setting;
	}
	return SETTING_NONE;
}
