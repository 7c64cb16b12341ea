/* What the ways to a person's consent have in common: who asks, and the agent. */
#ifndef POSTOAK_SENDMAIL_CONSENT_CALL_H
#define POSTOAK_SENDMAIL_CONSENT_CALL_H

#include <stdbool.h>

#include "config/config.h"
#include "config/error.h"
#include "sendmail/agent_link.h"

#define CONSENT_HANDLE_SIZE 64

/* How the browser's response comes back. */
enum consent_way {
	CONSENT_ANY,     /* as this terminal has it */
	CONSENT_BROWSER, /* by a browser on this host */
	CONSENT_PASTE,   /* a person pastes it */
};

struct consent_call {
	struct config *config;
	struct agent_link *link;
	const struct config_client *client;
	const char *kind; /* "profile" or "client" */
	const char *name; /* of that */
	bool explains;    /* show what is sent and what comes */
	bool redeems;     /* exchange the code for tokens */
};

/*
 * Ask the agent for "VERB KIND NAME [WORD]", the word as it is. On success *answer is its
 * answer, fresh; -1 and `error` as agent_link_ask.
 */
int consent_ask(const struct consent_call *call, const char *verb, const char *word, char **answer,
    struct error *error);

/* Ask for "VERB WORD". */
int consent_ask_handle(const struct consent_call *call, const char *verb, const char *handle,
    char **answer, struct error *error);

/* Cut the first line off *rest; null where there is none. */
char *consent_line(char **rest);

#endif
