/* SPDX-License-Identifier: ISC */
#include "config/host_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/syntax.h"

char *
host_name_read(const char *path)
{
	char line[512];
	char *start = line;
	FILE *stream = fopen(path, "re");
	const char *read;

	if (stream == NULL)
		return NULL;
	read = fgets(line, sizeof(line), stream);
	fclose(stream);
	if (read == NULL)
		return NULL;
	start += strspn(start, " \t");
	start[strcspn(start, " \t\r\n")] = '\0';
	return syntax_domain(start) == NULL ? strdup(start) : NULL;
}

char *
host_name_complete(const char *name, const char *mail_name)
{
	size_t length = strlen(name);
	char *complete;

	if (syntax_domain(name) != NULL)
		return strdup("localhost");
	if (strchr(name, '.') != NULL || mail_name == NULL)
		return strdup(name);
	/* Debian's /etc/mailname often is the host's own full name. */
	if (strncasecmp(mail_name, name, length) == 0 && mail_name[length] == '.')
		return strdup(mail_name);
	if (asprintf(&complete, "%s.%s", name, mail_name) < 0)
		return NULL;
	if (syntax_domain(complete) == NULL)
		return complete;
	free(complete);
	return strdup(name);
}
