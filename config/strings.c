/* SPDX-License-Identifier: ISC */
#include "config/strings.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

int
strings_append(struct config_strings *strings, const char *text)
{
	char **larger = reallocarray(strings->items, strings->count + 1, sizeof(char *));

	if (larger == NULL)
		return -1;
	strings->items = larger;
	larger[strings->count] = strdup(text);
	if (larger[strings->count] == NULL)
		return -1;
	strings->count++;
	return 0;
}

int
strings_copy(struct config_strings *to, const struct config_strings *from)
{
	struct config_strings copy = {0};

	for (size_t i = 0; i < from->count; i++) {
		if (strings_append(&copy, from->items[i]) < 0) {
			strings_free(&copy);
			return -1;
		}
	}
	strings_free(to);
	*to = copy;
	return 0;
}

bool
strings_equal(const struct config_strings *a, const struct config_strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

void
strings_free(struct config_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->items[i]);
	free(strings->items);
	strings->items = NULL;
	strings->count = 0;
}

bool
strings_argv_equal(char *const *a, char *const *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return *a == NULL && *b == NULL;
}

char **
strings_argv_copy(char *const *argv)
{
	size_t count = 0;
	char **copy;

	while (argv[count] != NULL)
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < count; i++) {
		copy[i] = strdup(argv[i]);
		if (copy[i] == NULL) {
			strings_argv_free(copy);
			return NULL;
		}
	}
	return copy;
}

void
strings_argv_free(char **argv)
{
	for (char **item = argv; item != NULL && *item != NULL; item++)
		free(*item);
	free(argv);
}
