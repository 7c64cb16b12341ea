/* SPDX-License-Identifier: ISC */
/* postoak secret: secrets that the agent keeps sealed. They travel from the terminal or
 * standard input to it, never the other way. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/readpassphrase.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/process.h"
#include "config/secret.h"
#include "config/syntax.h"
#include "oauth/request_word.h"
#include "sendmail/agent_link.h"
#include "sendmail/command.h"
#include "sendmail/command_ask.h"

#define BUFFER_SIZE (SECRET_MAX + 2) /* a newline that is cut off, and one octet too many */

/* From a terminal, twice, because nobody sees what is typed. */
static int
read_terminal(const char *name, char *buffer, struct error *error)
{
	char prompt[128];
	char *again = calloc(1, BUFFER_SIZE);
	int result = -1;

	if (again == NULL)
		return error_set_errno(error, EX_OSERR, "secret");
	snprintf(prompt, sizeof(prompt), "Secret %s (not shown): ", name);
	if (readpassphrase(prompt, buffer, BUFFER_SIZE, RPP_ECHO_OFF) == NULL ||
	    readpassphrase("Again: ", again, BUFFER_SIZE, RPP_ECHO_OFF) == NULL)
		error_set_errno(error, EX_NOINPUT, "cannot read from the terminal");
	else if (strcmp(buffer, again) != 0)
		error_set(error, EX_DATAERR, "the two are not the same");
	else
		result = 0;
	freezero(again, BUFFER_SIZE);
	return result;
}

/* From anything else, to its end; one newline there is cut off. */
static int
read_input(char *buffer, struct error *error)
{
	size_t length = 0;

	while (length < BUFFER_SIZE) {
		ssize_t got = read(STDIN_FILENO, buffer + length, BUFFER_SIZE - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(error, EX_NOINPUT, "standard input");
		if (got == 0)
			break;
		length += (size_t)got;
	}
	if (length > 0 && buffer[length - 1] == '\n')
		buffer[--length] = '\0';
	if (memchr(buffer, '\0', length) != NULL)
		return error_set(error, EX_DATAERR, "the secret has a NUL in it");
	if (length > SECRET_MAX)
		return error_set(
		    error, EX_DATAERR, "the secret is longer than %d octets", SECRET_MAX);
	return 0;
}

static int
send_secret(const char *config_path, const char *name, const char *secret, struct error *error)
{
	static const char verb[] = "secret set";
	char *word = request_word_encode(secret);
	struct agent_link *link;
	char *request;
	size_t size;
	int result = -1;

	if (word == NULL)
		return error_set_errno(error, EX_OSERR, "secret");
	size = sizeof(verb) + strlen(name) + strlen(word) + 2;
	request = malloc(size);
	if (request == NULL) {
		secret_free(word);
		return error_set_errno(error, EX_OSERR, "secret");
	}
	snprintf(request, size, "%s %s %s", verb, name, word);
	secret_free(word);
	if (agent_link_open(config_path, &link, error) == 0) {
		result = agent_link_ask(link, request, stdout, error);
		agent_link_close(link);
	}
	secret_free(request);
	return result;
}

int
command_secret_set(const struct command_call *call, struct error *error)
{
	const char *name = call->arguments[0];
	const char *fault = syntax_name(name);
	char *buffer;
	int result;

	if (fault != NULL)
		return error_set(error, EX_USAGE, "the name of a secret %s", fault);
	process_harden();
	buffer = calloc(1, BUFFER_SIZE);
	if (buffer == NULL)
		return error_set_errno(error, EX_OSERR, "secret");
	result =
	    isatty(STDIN_FILENO) ? read_terminal(name, buffer, error) : read_input(buffer, error);
	if (result == 0 && *buffer == '\0')
		result = error_set(error, EX_DATAERR, "the secret is empty");
	if (result == 0)
		result = send_secret(call->config_path, name, buffer, error);
	freezero(buffer, BUFFER_SIZE);
	return result < 0 ? -1 : EX_OK;
}

int
command_secret_list(const struct command_call *call, struct error *error)
{
	return command_ask_agent(call, "secret list", error);
}

int
command_secret_delete(const struct command_call *call, struct error *error)
{
	const char *fault = syntax_name(call->arguments[0]);

	if (fault != NULL)
		return error_set(error, EX_USAGE, "the name of a secret %s", fault);
	return command_ask_agent(call, "secret delete", error);
}

int
command_secret_rekey(const struct command_call *call, struct error *error)
{
	return command_ask_agent(call, "secret rekey", error);
}
