/* SPDX-License-Identifier: ISC */
#include "config/parameters.h"

#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

int
parameters_set(struct config_parameters *parameters, const char *name, const char *value)
{
	struct config_parameter *larger;
	struct config_parameter new = {strdup(name), strdup(value)};
	size_t i = 0;

	if (new.name == NULL || new.value == NULL)
		goto failed;
	while (i < parameters->count && strcmp(parameters->items[i].name, name) != 0)
		i++;
	if (i < parameters->count) {
		free(parameters->items[i].name);
		free(parameters->items[i].value);
	} else {
		larger = reallocarray(parameters->items, i + 1, sizeof(*larger));
		if (larger == NULL)
			goto failed;
		parameters->items = larger;
		parameters->count++;
	}
	parameters->items[i] = new;
	return 0;

failed:
	free(new.name);
	free(new.value);
	return -1;
}

bool
parameters_equal(const struct config_parameters *a, const struct config_parameters *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
		    strcmp(a->items[i].value, b->items[i].value) != 0)
			return false;
	return true;
}

void
parameters_free(struct config_parameters *parameters)
{
	for (size_t i = 0; i < parameters->count; i++) {
		free(parameters->items[i].name);
		free(parameters->items[i].value);
	}
	free(parameters->items);
	*parameters = (struct config_parameters){0};
}
