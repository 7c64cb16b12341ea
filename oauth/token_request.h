/*
 * One request to a token endpoint, or for a device code, from what is configured to a verdict
 * that people can read. Knows nothing of states, schedules and stores.
 */
#ifndef POSTOAK_OAUTH_TOKEN_REQUEST_H
#define POSTOAK_OAUTH_TOKEN_REQUEST_H

#include <stdint.h>

#include "config/error.h"
#include "oauth/device_code.h"
#include "oauth/http.h"
#include "oauth/token_ask.h"
#include "oauth/token_response.h"

#define TOKEN_REQUEST_TEXT_MAX 512

struct token_request;

struct token_request_result {
	enum token_verdict verdict;
	bool lost; /* the server may have acted on the request, its answer did not come */
	unsigned retry_after; /* seconds; 0: not said */
	int64_t clock_offset; /* seconds the server's clock is ahead of ours; 0: unknown */
	struct token_response response;    /* the tokens in it are the callback's to take */
	struct device_code device;         /* likewise, where one was asked for */
	char text[TOKEN_REQUEST_TEXT_MAX]; /* what went wrong, scrubbed; "" where granted */
	const char *advice;                /* static; null: none */
};

typedef void token_request_done(struct token_request_result *result, void *context);

/*
 * Ask for a token. Everything needed is copied, so that the configuration and the
 * secrets may go away meanwhile. Returns the request, gone after `done`, or null and
 * `error`: EX_CONFIG, EX_NOPERM (a person must act) or EX_OSERR.
 */
struct token_request *token_request_start(struct http *http, const struct token_ask *ask,
    token_request_done *done, void *context, struct error *error);

/* Break it off; `done` is not called. Null is allowed. */
void token_request_cancel(struct token_request *request);

#endif
