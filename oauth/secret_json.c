/* SPDX-License-Identifier: ISC */
#include "oauth/secret_json.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

static void
wiping_free(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

json_t *
secret_json_load(const char *text, size_t length)
{
	json_set_alloc_funcs(malloc, wiping_free);
	return json_loadb(text, length, 0, NULL);
}
