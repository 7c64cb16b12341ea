/* SPDX-License-Identifier: ISC */
#include "sendmail/consent_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/secret.h"
#include "config/text_stream.h"

/* Send `request`, which is freed (null: no memory). */
static int
ask(const struct consent_call *call, char *request, char **answer, struct error *error)
{
	size_t length;
	FILE *out = request == NULL ? NULL : text_stream_open(answer, &length);
	int result = -1;

	*answer = NULL;
	if (out == NULL) {
		error_set(error, EX_OSERR, "no memory");
	} else {
		result = agent_link_ask(call->link, request, out, error);
		if (fclose(out) != 0 && result == 0)
			result = error_set(error, EX_OSERR, "no memory");
	}
	secret_free(request);
	if (result < 0) {
		free(*answer);
		*answer = NULL;
	}
	return result;
}

int
consent_ask(const struct consent_call *call, const char *verb, const char *word, char **answer,
    struct error *error)
{
	char *request;

	if (asprintf(&request, "%s %s %s%s%s", verb, call->kind, call->name,
		word == NULL ? "" : " ", word == NULL ? "" : word) < 0)
		request = NULL;
	return ask(call, request, answer, error);
}

int
consent_ask_handle(const struct consent_call *call, const char *verb, const char *handle,
    char **answer, struct error *error)
{
	char *request;

	if (asprintf(&request, "%s %s", verb, handle) < 0)
		request = NULL;
	return ask(call, request, answer, error);
}

char *
consent_line(char **rest)
{
	char *line = *rest;
	char *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}
