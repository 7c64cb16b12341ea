/* SPDX-License-Identifier: ISC */
#include "sendmail/question.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/secret.h"
#include "config/syntax.h"
#include "config/text_stream.h"
#include "oauth/request_word.h"
#include "sendmail/agent_link.h"

/* The options that may stand beside --client, each with a value. */
static const struct option {
	const char *name;
	const char *key; /* of the request */
	bool is_word;    /* its value is written as request_word.h has it */
} options[] = {
    {"--grant", "grant", false},
    {"--scope", "scope", true},
    {"--parameter", "parameter", true},
};

static const struct option *
find_option(const char *name)
{
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static int
write_subject(FILE *out, const char *kind, const char *name, struct error *error)
{
	if (syntax_name(name) != NULL)
		return error_set(error, EX_USAGE, "no %s named %.80s", kind, name);
	fprintf(out, " %s %s", kind, name);
	return 0;
}

static int
write_option(FILE *out, const struct option *option, const char *value, struct error *error)
{
	char *word;

	if (!option->is_word) {
		/* The request is a line of words: nothing else may get into it. */
		if (syntax_name(value) != NULL)
			return error_set(error, EX_USAGE, "%s: no such value", option->name);
		fprintf(out, " %s %s", option->key, value);
		return 0;
	}
	word = request_word_encode(value);
	if (word == NULL)
		return error_set_errno(error, EX_OSERR, "request");
	fprintf(out, " %s %s", option->key, word);
	secret_free(word);
	return 0;
}

/* What follows the client, in pairs. */
static int
write_options(FILE *out, char *const *words, size_t count, struct error *error)
{
	for (size_t i = 0; i < count; i += 2) {
		const struct option *option = find_option(words[i]);

		if (option == NULL)
			return error_set(error, EX_USAGE, "unknown option %s", words[i]);
		if (i + 1 == count)
			return error_set(error, EX_USAGE, "%s needs a value", words[i]);
		if (write_option(out, option, words[i + 1], error) < 0)
			return -1;
	}
	return 0;
}

/* The client may be named before or behind its options. */
static int
write_client(FILE *out, const struct command_call *call, struct error *error)
{
	char **words = call->arguments;
	size_t place = 0;

	while (place < call->count && strcmp(words[place], "--client") != 0)
		place += 2;
	if (place + 1 >= call->count)
		return error_set(error, EX_USAGE,
		    place < call->count ? "--client needs a value"
					: "options are for a client alone: --client CLIENT");
	if (write_subject(out, "client", words[place + 1], error) < 0 ||
	    write_options(out, words, place, error) < 0)
		return -1;
	return write_options(out, words + place + 2, call->count - place - 2, error);
}

static char *
make_request(const struct command_call *call, const char *verb, struct error *error)
{
	char *request = NULL;
	size_t length;
	FILE *out = text_stream_open(&request, &length);
	int result;

	if (out == NULL) {
		error_set_errno(error, EX_OSERR, "request");
		return NULL;
	}
	fputs(verb, out);
	if (call->count == 1 && *call->arguments[0] != '-')
		result = write_subject(out, "profile", call->arguments[0], error);
	else
		result = write_client(out, call, error);
	if (fclose(out) == EOF)
		result = error_set_errno(error, EX_OSERR, "request");
	if (result == 0)
		return request;
	free(request);
	return NULL;
}

int
question_ask(const struct command_call *call, const char *verb, FILE *out, struct error *error)
{
	char *request = make_request(call, verb, error);
	struct agent_link *link;
	int result = -1;

	if (request == NULL)
		return -1;
	if (agent_link_open(call->config_path, &link, error) == 0) {
		result = agent_link_ask(link, request, out, error);
		agent_link_close(link);
	}
	free(request);
	return result;
}
