/*
 * A token request and its answer, written down for people who look for what is wrong:
 * all of it but the secrets and tokens, of which only the length is told, and of tokens
 * that came a fingerprint.
 */
#ifndef POSTOAK_OAUTH_TOKEN_TRACE_H
#define POSTOAK_OAUTH_TOKEN_TRACE_H

#include <stdio.h>

#include "oauth/form.h"
#include "oauth/http.h"
#include "oauth/token_ask.h"
#include "oauth/token_response.h"

/* Where to write; zeroed but for `out`. Whoever asks to be told keeps it until the end. */
struct token_trace {
	FILE *out;
	char asked[2048]; /* the scopes, as sent */
};

/* A request that is about to be sent to `endpoint`; `authorization`: the header's value, or
 * null. What the configuration adds to the form is no secret: everybody can read that. */
void token_trace_request(struct token_trace *trace, const struct token_ask *ask,
    const char *endpoint, const struct form *form, const char *authorization);

/* Its answer; `secrets` (null entries allowed) are kept out of what is quoted. */
void token_trace_response(struct token_trace *trace, const struct http_response *http,
    const char *const *secrets, size_t count);

/* What the answer, or a command in its place, gave. */
void token_trace_token(struct token_trace *trace, const struct token_response *response);

#endif
