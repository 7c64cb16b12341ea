/*
 * What somebody asks for in the name of a client alone, without a profile: words of a
 * request, in pairs.
 *
 *     grant NAME          as the configuration spells it; default: client_credentials
 *     scope WORD          any number; default: the client's
 *     parameter WORD      any number, NAME=VALUE
 */
#ifndef POSTOAK_OAUTH_CLIENT_QUESTION_H
#define POSTOAK_OAUTH_CLIENT_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/error.h"
#include "oauth/token_ask.h"

struct client_question {
	const struct config_client *client; /* the configuration's */
	enum grant grant;
	struct config_strings scopes;
	struct config_parameters parameters;
};

/*
 * Read `count` words about the client `name`. On success the caller releases `question`.
 * EX_USAGE for what is no such question, a client that is not there, a grant that needs
 * a profile; EX_OSERR.
 */
int client_question_parse(struct client_question *question, const struct config *config,
    const char *name, const char *const *words, size_t count, struct error *error);

void client_question_release(struct client_question *question);

/* True where both mean the same token. */
bool client_question_equal(const struct client_question *a, const struct client_question *b);

/* All but secrets and metadata; good as long as the question. */
void client_question_ask(const struct client_question *question, struct token_ask *ask);

#endif
