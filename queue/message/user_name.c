/* SPDX-License-Identifier: ISC */
#include "queue/message/user_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/text_stream.h"
#include "queue/message/address.h"

static char *
quote_local_part(const char *name)
{
	char *quoted = NULL;
	size_t size;
	FILE *out = text_stream_open(&quoted, &size);

	if (out == NULL)
		return NULL;
	fputc('"', out);
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			fputc('\\', out);
		fputc(*name, out);
	}
	fputc('"', out);
	if (fclose(out) != 0) {
		free(quoted);
		return NULL;
	}
	return quoted;
}

char *
user_name_local_part(const struct passwd *entry, uid_t uid)
{
	char *numeric;

	if (entry != NULL && entry->pw_name[0] != '\0') {
		char *quoted;

		if (address_is_valid(entry->pw_name))
			return strdup(entry->pw_name);
		/* Directory services have users like DOMAIN\name. */
		quoted = quote_local_part(entry->pw_name);
		if (quoted == NULL || address_is_valid(quoted))
			return quoted;
		free(quoted);
	}
	if (asprintf(&numeric, "uid%lu", (unsigned long)uid) < 0)
		return NULL;
	return numeric;
}
