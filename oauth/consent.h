/*
 * Consents that a person is about to give, elsewhere: each waits for a response that a
 * browser brings, or for the server to say that a code was entered.
 *
 * They are few and short-lived, and nothing of them is stored: whoever is interrupted
 * begins anew.
 */
#ifndef POSTOAK_OAUTH_CONSENT_H
#define POSTOAK_OAUTH_CONSENT_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "config/request_server.h"
#include "oauth/accounts.h"
#include "oauth/authorization.h"
#include "oauth/device_code.h"
#include "oauth/exchange.h"
#include "oauth/stored_token.h"

#define CONSENTS_MAX 32  /* the oldest goes where there is one more */
#define CONSENT_LIFE 600 /* seconds */

/* Who is to get the tokens: a profile, or a client alone. */
struct consent_subject {
	bool is_client;
	char name[CONFIG_NAME_MAX + 1];
};

/* From two words of a request, "profile" or "client", and its name; EX_USAGE. */
int consent_subject_parse(
    struct consent_subject *subject, const char *const *words, struct error *error);

struct consents;

struct consent {
	LIST_ENTRY(consent) entry;
	struct consents *consents;
	struct consent_subject subject;
	struct config_profile alone; /* what a client alone asks with; borrowed */
	char binding[STORED_TOKEN_BINDING_SIZE];
	struct loop_timer life;

	struct request *request; /* who waits for an answer; null: nobody */
	struct discovery_waiter discovery;
	struct exchange exchange;

	/* Of a browser's; the state is the handle of any. */
	struct authorization_proof proof;
	char *redirect_uri;
	char *code;

	/* Of a device's. */
	struct device_code device; /* device.code: null for a browser's */
	struct loop_timer poll;
	uint64_t expires; /* the device code; clock_monotonic_ms */
	bool over;
	char *report; /* with `over`: of the tokens; null: `outcome` is what went wrong */
	struct error outcome;
};

/* Null and errno. */
struct consents *consents_new(struct accounts *accounts);

/* Who waits is told that the agent stops. Null is allowed. */
void consents_free(struct consents *consents);

/*
 * The configuration is about to be read again: what still needs the old one is broken
 * off, and who waits for it told so.
 */
void consents_reload(struct consents *consents);

struct accounts *consents_accounts(const struct consents *consents);

/*
 * The profile that `subject` asks for tokens as: the profile itself, or `alone` filled for
 * a client. What it refers to belongs to the configuration. Null and `error` (EX_USAGE)
 * where there is none, or none that a person's consent is of use to.
 */
const struct config_profile *consent_profile(const struct consents *consents,
    const struct consent_subject *subject, struct config_profile *alone, struct error *error);

/*
 * A new consent for `subject`, with a fresh proof, that lives for CONSENT_LIFE; `request`
 * waits for its answer. Null and `error`, and the request still to be answered: as
 * consent_profile, what keeps tokens from being stored, EX_OSERR.
 */
struct consent *consent_new(struct consents *consents, const struct consent_subject *subject,
    struct request *request, struct error *error);

/* Make it live for `seconds` from now. */
void consent_prolong(struct consent *consent, unsigned seconds);

/* The consent of `subject` to which `response` (authorization.h) is the response; or null. */
struct consent *consent_of_response(
    struct consents *consents, const struct consent_subject *subject, const char *response);

/* The consent with that handle; or null. */
struct consent *consent_of_handle(struct consents *consents, const char *handle);

/* -1 and `error` (EX_TEMPFAIL) where the configuration is another than when it was begun. */
int consent_check(struct consent *consent, struct error *error);

/* Answer who waits, if anybody: a text, freed (null: no memory), or a failure. */
void consent_answer(struct consent *consent, char *text);
void consent_refuse(struct consent *consent, const struct error *error);

/* Wipe and free it; nobody may wait any more. */
void consent_end(struct consent *consent);

#endif
