/* SPDX-License-Identifier: ISC */
#include "oauth/token_command.h"

#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>

static int
read_life(struct token_response *response, const char *line, struct error *error)
{
	const char *wrong;
	long long life = strtonum(line, 1, TOKEN_RESPONSE_LIFE_MAX, &wrong);

	if (wrong != NULL)
		return error_set(error, EX_TEMPFAIL,
		    "token_command: its second line is not the life of the token in seconds");
	response->has_life = true;
	response->life = (uint32_t)life;
	return 0;
}

int
token_command_parse(struct token_response *response, const char *output, struct error *error)
{
	size_t length = strcspn(output, "\n");

	*response = (struct token_response){.verdict = TOKEN_RESPONSE_GRANTED};
	response->access_token = strndup(output, length);
	if (response->access_token == NULL)
		return error_set(error, EX_OSERR, "no memory for the token");
	if (!token_response_is_access_token(response->access_token)) {
		token_response_wipe(response);
		return error_set(error, EX_TEMPFAIL,
		    "token_command: its first line is empty, too long or no token");
	}
	if (output[length] == '\n' && read_life(response, output + length + 1, error) < 0) {
		token_response_wipe(response);
		return -1;
	}
	return 0;
}
