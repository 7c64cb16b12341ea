/*
 * Access tokens of clients alone, for other programs on this host: kept in memory, so
 * that these may ask as often as they like. One request is under way for each question,
 * whoever asks it, and a failure answers all until the next may be tried.
 */
#ifndef POSTOAK_OAUTH_CLIENT_TOKENS_H
#define POSTOAK_OAUTH_CLIENT_TOKENS_H

#include <bsd/sys/queue.h>

#include "oauth/client_question.h"
#include "oauth/environment.h"

#define CLIENT_TOKENS_MAX 64 /* the one unused for longest goes where there is one more */

struct client_tokens;

/*
 * Somebody who waits, embedded in what waits. `answered` is called once for each
 * client_tokens_ask, perhaps before that returns: with a token, or `error` (EX_TEMPFAIL,
 * EX_NOPERM, EX_CONFIG as of `oauth token`).
 */
struct client_tokens_waiter {
	LIST_ENTRY(client_tokens_waiter) entry;
	void (*answered)(
	    struct client_tokens_waiter *waiter, const char *token, const struct error *error);
};

/* Null and errno. */
struct client_tokens *client_tokens_new(const struct environment *environment);

/* Wipe everything; who waits is answered EX_TEMPFAIL. Null is allowed. */
void client_tokens_free(struct client_tokens *tokens);

/* Ask; `question` is taken over and released. */
void client_tokens_ask(struct client_tokens *tokens, struct client_question *question,
    struct client_tokens_waiter *waiter);

/*
 * Ask the server, whatever is known, and have what is asked and answered written to
 * `trace`, which must stay until `waiter` is answered. EX_TEMPFAIL where the question is
 * being asked just then.
 */
void client_tokens_test(struct client_tokens *tokens, struct client_question *question,
    struct client_tokens_waiter *waiter, struct token_trace *trace);

/* The configuration or a secret changes, or a person looked into it: as if nothing had been
 * asked before. Who waits is answered EX_TEMPFAIL. */
void client_tokens_forget(struct client_tokens *tokens);

#endif
