/* SPDX-License-Identifier: ISC */
#include "oauth/client_question.h"

#include <string.h>
#include <sysexits.h>

#include "config/fields.h"
#include "config/parameters.h"
#include "config/secret.h"
#include "config/strings.h"
#include "config/syntax.h"
#include "oauth/request_word.h"

static int
add_grant(struct client_question *question, const char *value, struct error *error)
{
	const struct schema_choice *choice = grant_choices;

	while (choice->name != NULL && strcmp(choice->name, value) != 0)
		choice++;
	if (choice->name == NULL)
		return error_set(error, EX_USAGE, "there is no grant \"%.64s\"", value);
	question->grant = (enum grant)choice->value;
	/* All others need what only a profile has: a user name, consent, a command. */
	if (question->grant != GRANT_CLIENT_CREDENTIALS)
		return error_set(error, EX_USAGE,
		    "grant %s is for profiles; a client alone has client_credentials", value);
	return 0;
}

static int
add_scope(struct client_question *question, const char *value, struct error *error)
{
	const char *fault = syntax_scope(value);

	if (fault != NULL)
		return error_set(error, EX_USAGE, "a scope %s", fault);
	if (strings_append(&question->scopes, value) < 0)
		return error_set_errno(error, EX_OSERR, "request");
	return 0;
}

/* `value` is cut in two. */
static int
add_parameter(struct client_question *question, char *value, struct error *error)
{
	char *equals = strchr(value, '=');
	const char *fault;

	if (equals == NULL)
		return error_set(error, EX_USAGE, "a parameter is NAME=VALUE");
	*equals = '\0';
	fault = syntax_parameter(value);
	if (fault != NULL)
		return error_set(error, EX_USAGE, "parameters %s", fault);
	if (parameters_set(&question->parameters, value, equals + 1) < 0)
		return error_set_errno(error, EX_OSERR, "request");
	return 0;
}

static int
add_pair(struct client_question *question, const char *key, const char *word, struct error *error)
{
	char *value;
	int result;

	if (strcmp(key, "grant") == 0)
		return add_grant(question, word, error);
	if (request_word_decode(word, &value, error) < 0)
		return -1;
	if (strcmp(key, "scope") == 0)
		result = add_scope(question, value, error);
	else if (strcmp(key, "parameter") == 0)
		result = add_parameter(question, value, error);
	else
		result = error_set(error, EX_USAGE, "the agent does not know that request");
	secret_free(value);
	return result;
}

int
client_question_parse(struct client_question *question, const struct config *config,
    const char *name, const char *const *words, size_t count, struct error *error)
{
	*question = (struct client_question){
	    .client = config_find_client(config, name), .grant = GRANT_CLIENT_CREDENTIALS};
	if (question->client == NULL)
		return error_set(error, EX_USAGE, "there is no client \"%.64s\"", name);
	if (count % 2 != 0)
		return error_set(error, EX_USAGE, "the agent does not know that request");
	for (size_t i = 0; i < count; i += 2) {
		if (add_pair(question, words[i], words[i + 1], error) < 0) {
			client_question_release(question);
			return -1;
		}
	}
	if (question->scopes.count == 0 &&
	    strings_copy(
		&question->scopes, config_client_scopes(question->client, question->grant)) < 0) {
		client_question_release(question);
		return error_set_errno(error, EX_OSERR, "request");
	}
	return 0;
}

void
client_question_release(struct client_question *question)
{
	strings_free(&question->scopes);
	parameters_free(&question->parameters);
}

bool
client_question_equal(const struct client_question *a, const struct client_question *b)
{
	return a->client == b->client && a->grant == b->grant &&
	       strings_equal(&a->scopes, &b->scopes) &&
	       parameters_equal(&a->parameters, &b->parameters);
}

void
client_question_ask(const struct client_question *question, struct token_ask *ask)
{
	*ask = (struct token_ask){.client = question->client,
	    .grant = question->grant,
	    .scopes = &question->scopes,
	    .parameters = &question->parameters};
}
