/* SPDX-License-Identifier: ISC */
#include "oauth/agent_request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define WORDS_MAX (AGENT_ARGUMENTS_MAX + 3) /* verb and "json" */

static const struct verb {
	const char *group;
	const char *name;
	size_t minimum; /* arguments */
	size_t maximum;
	bool json;     /* "json" may follow them */
	bool steering; /* for who may steer only */
	agent_verb *run;
} verbs[] = {
    {"oauth", "status", 0, 1, true, false, oauth_request_status},
    {"oauth", "refresh", 1, 1, false, true, oauth_request_refresh},
    {"oauth", "authorize", 3, 3, false, true, oauth_request_authorize},
    {"oauth", "redeem", 3, 3, false, true, oauth_request_redeem},
    {"oauth", "inspect", 3, 3, false, true, oauth_request_inspect},
    {"oauth", "device", 2, 2, false, true, oauth_request_device},
    {"oauth", "device-state", 1, 1, false, true, oauth_request_device_state},
    {"oauth", "forget", 1, 1, false, true, oauth_request_forget},
};

void
agent_refuse(struct request *request, int status, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	struct error error;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	error_set(&error, status, "%s", text);
	request_answer_error(request, &error);
}

void
agent_answer_text(struct request *request, char *text)
{
	if (text == NULL)
		agent_refuse(request, EX_OSERR, "no memory");
	else
		request_answer(request, text, strlen(text));
	free(text);
}

struct account *
agent_find_account(const struct agent_call *call, const char *profile)
{
	struct account *account = accounts_find(call->desk->accounts, profile);

	if (account != NULL && account_profile(account)->grant != GRANT_NONE)
		return account;
	agent_refuse(call->request, EX_USAGE,
	    account == NULL ? "there is no profile \"%.64s\""
			    : "profile \"%.64s\" does not use OAuth",
	    profile);
	return NULL;
}

static const struct verb *
find_verb(const char *const *words, size_t count)
{
	for (size_t i = 0; count >= 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(words[0], verbs[i].group) == 0 && strcmp(words[1], verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

void
agent_request(const struct agent_desk *desk, struct request *request, char *line)
{
	const char *words[WORDS_MAX + 1] = {NULL};
	struct agent_call call = {.desk = desk, .request = request, .arguments = words + 2};
	const struct verb *verb;
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, " ", &rest); word != NULL && count <= WORDS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	verb = find_verb(words, count);
	if (verb != NULL) {
		call.json = verb->json && count > 2 && strcmp(words[count - 1], "json") == 0;
		call.count = count - 2 - call.json;
	}
	if (verb == NULL || call.count < verb->minimum || call.count > verb->maximum)
		agent_refuse(request, EX_USAGE, "the agent does not know that request");
	else if (verb->steering && !request_privileged(request, desk->steering))
		agent_refuse(
		    request, EX_NOPERM, "only root and members of the group postoak may do that");
	else
		verb->run(&call);
}
