/* SPDX-License-Identifier: ISC */
#include "oauth/token_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "config/secret.h"
#include "oauth/client_authentication.h"
#include "oauth/diagnose.h"
#include "oauth/grant.h"
#include "oauth/scrub.h"
#include "oauth/token_trace.h"

#define SECRETS 7

struct token_request {
	struct http_transfer *transfer;
	token_request_done *done;
	struct token_trace *trace; /* null: none */
	void *context;
	char *endpoint;
	char *provider;
	bool begins_device;
	char *secrets[SECRETS]; /* to be kept out of what the server says */
};

static void
free_request(struct token_request *request)
{
	free(request->endpoint);
	free(request->provider);
	for (size_t i = 0; i < SECRETS; i++)
		secret_free(request->secrets[i]);
	free(request);
}

static void
describe_failure(const struct token_request *request, const struct http_response *http,
    struct token_request_result *result)
{
	const struct token_response *response = &result->response;
	char text[TOKEN_REQUEST_TEXT_MAX + sizeof(response->description)];

	if (http->result != HTTP_ANSWERED)
		snprintf(text, sizeof(text), "%s: %s", request->endpoint, http->error);
	else if (response->error[0] != '\0')
		snprintf(text, sizeof(text), "%s%s%s", response->error,
		    response->description[0] == '\0' ? "" : ": ", response->description);
	else
		snprintf(text, sizeof(text), "%s: HTTP status %u: %s", request->endpoint,
		    http->status, response->fault);
	scrub(result->text, sizeof(result->text), text, (const char *const *)request->secrets,
	    SECRETS);
	explicit_bzero(text, sizeof(text));
	if (http->result == HTTP_ANSWERED)
		result->advice = diagnose_token(
		    request->provider, response->error, response->description, http->status);
}

static void
answered(const struct http_response *http, void *context)
{
	struct token_request *request = context;
	struct token_request_result result = {
	    .verdict = TOKEN_RESPONSE_TRY_LATER,
	    .lost = http->result == HTTP_LOST,
	    .retry_after = http->retry_after,
	};

	if (http->result == HTTP_ANSWERED) {
		if (request->begins_device)
			device_code_parse(&result.device, &result.response, http->status,
			    http->body, http->length);
		else
			token_response_parse(
			    &result.response, http->status, http->body, http->length);
		result.verdict = result.response.verdict;
	}
	if (http->date != 0)
		result.clock_offset = http->date - (int64_t)(clock_wall_us() / 1000000);
	if (request->trace != NULL)
		token_trace_response(
		    request->trace, http, (const char *const *)request->secrets, SECRETS);
	if (request->trace != NULL && result.verdict == TOKEN_RESPONSE_GRANTED)
		token_trace_token(request->trace, &result.response);
	if (result.verdict != TOKEN_RESPONSE_GRANTED)
		describe_failure(request, http, &result);
	request->done(&result, request->context);
	device_code_wipe(&result.device);
	token_response_wipe(&result.response);
	explicit_bzero(&result.response, sizeof(result.response));
	free_request(request);
}

/* Copy `string` into *to; null stays null. Returns -1 without memory. */
static int
copy(char **to, const char *string)
{
	*to = string == NULL ? NULL : strdup(string);
	return string != NULL && *to == NULL ? -1 : 0;
}

static struct token_request *
new_request(const struct token_ask *ask, const char *endpoint)
{
	/* What is signed here needs no mention: scrub knows its form. */
	const char *secrets[SECRETS] = {ask->client_secret, ask->client_assertion,
	    ask->refresh_token, ask->access_token, ask->code, ask->code_verifier, ask->device_code};
	struct token_request *request = calloc(1, sizeof(*request));
	int result;

	if (request == NULL)
		return NULL;
	result = copy(&request->endpoint, endpoint);
	if (result == 0)
		result = copy(&request->provider, ask->client->provider);
	for (size_t i = 0; result == 0 && i < SECRETS; i++)
		result = copy(&request->secrets[i], secrets[i]);
	if (result < 0) {
		free_request(request);
		return NULL;
	}
	return request;
}

static int
send(struct token_request *request, struct http *http, const struct token_ask *ask,
    struct error *error)
{
	const struct config_client *client = ask->client;
	struct form form = {0};
	struct form authorization = {0};

	if (grant_request(ask, &form, error) == 0 &&
	    client_authentication_apply(ask, &form, &authorization, error) == 0) {
		if (request->trace != NULL)
			token_trace_request(
			    request->trace, ask, request->endpoint, &form, authorization.text);
		request->transfer = http_start(http,
		    &(struct http_request){.url = request->endpoint,
			.form = &form,
			.authorization = authorization.text,
			.ca_file = client->ca_file,
			.proxy = client->proxy,
			.tls_minimum_version = client->tls_minimum_version,
			.timeout = client->timeout},
		    answered, request, error);
	}
	form_wipe(&authorization);
	form_wipe(&form);
	return request->transfer == NULL ? -1 : 0;
}

struct token_request *
token_request_start(struct http *http, const struct token_ask *ask, token_request_done *done,
    void *context, struct error *error)
{
	const char *endpoint =
	    ask->begins_device ? token_ask_device_endpoint(ask) : token_ask_endpoint(ask);
	struct token_request *request;

	if (endpoint == NULL) {
		error_set(error, EX_CONFIG, "client %s has no %s", ask->client->name,
		    ask->begins_device ? "device_authorization_endpoint" : "token_endpoint");
		return NULL;
	}
	request = new_request(ask, endpoint);
	if (request == NULL) {
		error_set(error, EX_OSERR, "no memory for a request");
		return NULL;
	}
	request->begins_device = ask->begins_device;
	request->done = done;
	request->trace = ask->trace;
	request->context = context;
	if (send(request, http, ask, error) < 0) {
		free_request(request);
		return NULL;
	}
	return request;
}

void
token_request_cancel(struct token_request *request)
{
	if (request == NULL)
		return;
	http_cancel(request->transfer);
	free_request(request);
}
