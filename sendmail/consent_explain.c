/* SPDX-License-Identifier: ISC */
#include "sendmail/consent_explain.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "config/secret.h"
#include "oauth/query.h"
#include "oauth/scrub.h"

#define NAME_MAX_SHOWN 64

struct parameter {
	const char *name;
	const char *meaning;
	bool secret;
};

static const struct parameter of_requests[] = {
    {"response_type", "an authorization code is asked for (RFC 6749, section 4.1.1)", false},
    {"client_id", "who asks: client_id of the client", false},
    {"redirect_uri", "where the browser is sent back to; it must be registered there", false},
    {"scope", "what is asked for: scopes", false},
    {"state", "ties the response to this request", false},
    {"code_challenge", "without what it was made of, the code is of no use (RFC 7636)", false},
    {"code_challenge_method", "how it was made", false},
    {NULL, "from authorization_parameters, or the endpoint", false},
};

static const struct parameter of_responses[] = {
    {"code", "to be exchanged for tokens, once, within minutes", true},
    {"state", "that of the request", false},
    {"iss", "the issuer that answered (RFC 9207)", false},
    {"error", "why access was not granted", false},
    {"error_description", "the same in words", false},
    {"error_uri", "a page about it", false},
    {"scope", "what was granted", false},
    {NULL, "not looked at", false},
};

static const struct parameter *
find(const struct parameter *known, const char *name)
{
	while (known->name != NULL && strcmp(known->name, name) != 0)
		known++;
	return known;
}

static void
print_value(const char *value, const struct parameter *parameter)
{
	char shown[2048];

	if (parameter->secret) {
		printf("(%zu characters, not shown)", strlen(value));
		return;
	}
	/* What is ours may look like a token and be none. */
	if (parameter->name != NULL && (strcmp(parameter->name, "state") == 0 ||
					   strcmp(parameter->name, "code_challenge") == 0)) {
		printf("%.8s... (%zu characters)", value, strlen(value));
		return;
	}
	scrub(shown, sizeof(shown), value, NULL, 0);
	fputs(shown, stdout);
}

static void
explain(const char *query, const struct parameter *known)
{
	for (const char *pair = query; *pair != '\0' && *pair != '#';) {
		size_t length = strcspn(pair, "&#");
		size_t name_length = strcspn(pair, "=&#");
		char name[NAME_MAX_SHOWN];
		const struct parameter *parameter;
		char *value;

		if (name_length > 0 && name_length < sizeof(name)) {
			strlcpy(name, pair, name_length + 1);
			parameter = find(known, name);
			scrub(name, sizeof(name), name, NULL, 0);
			printf("  %s: ", name);
			if (query_find(query, name, &value) > 0)
				print_value(value, parameter);
			else
				fputs("(given twice, or malformed)", stdout);
			printf("\n      %s\n", parameter->meaning);
			secret_free(value);
		}
		pair += length + (pair[length] == '&' ? 1 : 0);
	}
}

void
consent_explain_request(const char *url)
{
	printf("The request, which the browser takes to\n  %.*s\n", (int)strcspn(url, "?"), url);
	explain(query_of_url(url), of_requests);
	putchar('\n');
}

void
consent_explain_response(const char *response)
{
	const char *query = query_of_url(response);

	if (query == NULL)
		return;
	fputs("\nThe response:\n", stdout);
	explain(query, of_responses);
	putchar('\n');
}
