/* SPDX-License-Identifier: ISC */
/* Requests about sealed secrets: secret set, list, delete, rekey. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/log.h"
#include "config/secret.h"
#include "config/syntax.h"
#include "oauth/agent_request.h"
#include "oauth/client_tokens.h"
#include "oauth/rekey.h"
#include "oauth/request_word.h"
#include "oauth/secret_list.h"
#include "oauth/secret_users.h"
#include "oauth/stored_secret.h"

#define SERVICE "agent"

static const char *
find_name(const struct agent_call *call)
{
	const char *name = call->arguments[0];
	const char *fault = syntax_name(name);

	if (fault == NULL)
		return name;
	agent_refuse(call->request, EX_USAGE, "the name of a secret %s", fault);
	return NULL;
}

/* Seal what came with the request. */
static int
set(const struct agent_call *call, const struct store *store, const char *name, struct error *error)
{
	char *secret;
	int result = -1;

	if (request_word_decode(call->arguments[1], &secret, error) < 0)
		return -1;
	if (*secret == '\0')
		error_set(error, EX_DATAERR, "the secret is empty");
	else if (strlen(secret) > SECRET_MAX)
		error_set(error, EX_DATAERR, "the secret is longer than %d octets", SECRET_MAX);
	/* One sealed with the wrong key would not open where the right one is. */
	else if (rekey_check(store, error) == 0)
		result = stored_secret_set(store, name, secret, error);
	secret_free(secret);
	return result;
}

/* Whoever waits for the secret tries at once. */
static void
tell_accounts(struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts_count(accounts); i++) {
		struct account *account = accounts_get(accounts, i);

		if (secret_users_has(account_profile(account), name))
			account_secret_changed(account);
	}
}

void
secret_request_set(const struct agent_call *call)
{
	struct accounts *accounts = call->desk->accounts;
	const char *name = find_name(call);
	const struct store *store = name == NULL ? NULL : agent_find_store(call);
	struct error error;
	char *users;

	if (store == NULL)
		return;
	if (set(call, store, name, &error) < 0) {
		request_answer_error(call->request, &error);
		return;
	}
	log_write(LOG_INFO, SERVICE, "secret %s was set", name);
	client_tokens_forget(call->desk->client_tokens);
	tell_accounts(accounts, name);
	users = secret_list_users(accounts_config(accounts), name);
	if (users == NULL || *users == '\0')
		agent_answer_format(call->request,
		    "secret %s is set; nothing in the configuration refers to it yet\n", name);
	else
		agent_answer_format(call->request, "secret %s is set, for %s\n", name, users);
	free(users);
}

void
secret_request_list(const struct agent_call *call)
{
	const struct store *store = agent_find_store(call);
	struct error error;
	char *text;

	if (store == NULL)
		return;
	text = secret_list(store, accounts_config(call->desk->accounts), call->json, &error);
	if (text == NULL)
		request_answer_error(call->request, &error);
	else
		agent_answer_text(call->request, text);
}

void
secret_request_delete(const struct agent_call *call)
{
	const char *name = find_name(call);
	const struct store *store = name == NULL ? NULL : agent_find_store(call);
	struct error error;
	char *users;
	int found;

	if (store == NULL)
		return;
	found = stored_secret_delete(store, name, &error);
	if (found == 0)
		error_set(&error, EX_USAGE, "there is no sealed secret \"%s\"", name);
	if (found <= 0) {
		request_answer_error(call->request, &error);
		return;
	}
	log_write(LOG_INFO, SERVICE, "secret %s was deleted", name);
	users = secret_list_users(accounts_config(call->desk->accounts), name);
	if (users == NULL || *users == '\0')
		agent_answer_format(call->request, "secret %s is deleted\n", name);
	else
		agent_answer_format(
		    call->request, "secret %s is deleted; still referred to by %s\n", name, users);
	free(users);
}

void
secret_request_rekey(const struct agent_call *call)
{
	struct store *store = agent_find_store(call);
	struct error error;
	size_t count;

	if (store == NULL)
		return;
	if (rekey(store, &count, &error) < 0) {
		request_answer_error(call->request, &error);
		return;
	}
	log_write(LOG_INFO, SERVICE, "the master key was changed");
	if (store_key_is_of_service(store))
		agent_answer_format(call->request,
		    "secrets and tokens (%zu) are sealed with the credential postoak-key; "
		    "older keys are not needed any more\n",
		    count);
	else
		agent_answer_format(call->request,
		    "secrets and tokens (%zu) are sealed with a new machine.key\n", count);
}
