/* SPDX-License-Identifier: ISC */
#include "sendmail/sender.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/text_stream.h"
#include "queue/message/address.h"
#include "queue/message/user_name.h"

/* More of a name helps nobody and would make a header line too long. */
#define FULL_NAME_MAX 200

/* The address syntax takes folded lines, which here are an attempt at something else. */
static bool
has_control(const char *text)
{
	while (*text != '\0' && !iscntrl((unsigned char)*text))
		text++;
	return *text != '\0';
}

char *
sender_address(const struct config *config, const char *given, struct error *error)
{
	char *address;
	char *complete;

	if (given == NULL) {
		address = user_name_local_part(getpwuid(getuid()), getuid());
		if (address == NULL) {
			error_set_errno(error, EX_OSERR, "sender");
			return NULL;
		}
	} else if (has_control(given)) {
		error_set(error, EX_USAGE, "sender address: control characters in it");
		return NULL;
	} else if (address_parse_one(given, &address, error) < 0) {
		error_prefix(error, "sender address");
		if (error != NULL && error->status == EX_DATAERR)
			error->status = EX_USAGE;
		return NULL;
	}
	if (*address == '\0')
		return address;
	complete = address_qualify(address, config->mail_name);
	free(address);
	if (complete == NULL)
		error_set_errno(error, EX_OSERR, "sender");
	return complete;
}

char *
sender_gecos_name(const char *gecos, const char *login)
{
	char *name = NULL;
	size_t size;
	FILE *out = text_stream_open(&name, &size);

	if (out == NULL)
		return NULL;
	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		if (*gecos == '&' && *login != '\0')
			fprintf(out, "%c%s", toupper((unsigned char)*login), login + 1);
		else
			fputc(*gecos, out);
	}
	if (fclose(out) != 0 || *name == '\0') {
		free(name);
		return NULL;
	}
	return name;
}

/* Cut to a bearable length, not within a UTF-8 sequence, and drop what could break a line. */
static char *
clean_name(char *name)
{
	size_t length = strlen(name);

	if (length > FULL_NAME_MAX) {
		length = FULL_NAME_MAX;
		while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
			length--;
		name[length] = '\0';
	}
	for (char *p = name; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	}
	return name;
}

char *
sender_full_name(const char *given)
{
	const char *environment = getenv("NAME");
	char *name = NULL;

	if (given != NULL) {
		name = strdup(given);
	} else if (environment != NULL && *environment != '\0') {
		name = strdup(environment);
	} else {
		const struct passwd *entry = getpwuid(getuid());

		if (entry != NULL && entry->pw_gecos != NULL)
			name = sender_gecos_name(entry->pw_gecos, entry->pw_name);
	}
	if (name == NULL)
		return NULL;
	clean_name(name);
	if (name[strspn(name, " ")] == '\0') {
		free(name);
		return NULL;
	}
	return name;
}
