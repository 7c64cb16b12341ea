/*
 * What people ask the agent over run/agent, a line of words each (request.h):
 *
 *     oauth status [PROFILE] [json]
 *     oauth refresh PROFILE
 *     oauth authorize SUBJECT REDIRECT-URI   answers with the lines HANDLE, URL
 *     oauth redeem SUBJECT RESPONSE          the URL that the browser came back to
 *     oauth inspect SUBJECT RESPONSE         the same, without using the code
 *     oauth device SUBJECT                   HANDLE, SECONDS, USER-CODE, URI, COMPLETE-URI or -
 *     oauth device-state HANDLE              pending and SECONDS; or granted and a report
 *     oauth forget HANDLE
 *
 * SUBJECT is two words, "profile" or "client" and its name; redirect URI and response are
 * words of request_word.h.
 *
 * The words of a table of verbs come first, its arguments follow. What people may
 * write freely, secrets above all, travels as one word each (request_word.h).
 */
#ifndef POSTOAK_OAUTH_AGENT_REQUEST_H
#define POSTOAK_OAUTH_AGENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/request_server.h"
#include "oauth/accounts.h"

#define AGENT_REQUEST_MAX 131072 /* octets of a line: a secret of 64 KiB fits, encoded */
#define AGENT_ARGUMENTS_MAX 160

/* What requests are answered with. */
struct consents;

struct agent_desk {
	struct accounts *accounts;
	struct consents *consents;
	gid_t steering; /* members of this group may do what changes something */
};

/* A request whose verb was found. */
struct agent_call {
	const struct agent_desk *desk;
	struct request *request;
	const char *const *arguments; /* gone when the verb returns, the strings not before
				       * the request is answered */
	size_t count;
	bool json; /* the last word was "json" */
};

/*
 * A verb answers the request, now or when it is known. Who asks may do so, the number
 * of arguments is right. Usual failures: EX_USAGE for names that are not there,
 * EX_NOPERM where a person is needed, EX_TEMPFAIL for passing trouble.
 */
typedef void agent_verb(const struct agent_call *call);

/* Their functions, each in a file of its group (GROUP_request.c). */
agent_verb oauth_request_status;
agent_verb oauth_request_refresh;
agent_verb oauth_request_authorize;
agent_verb oauth_request_redeem;
agent_verb oauth_request_inspect;
agent_verb oauth_request_device;
agent_verb oauth_request_device_state;
agent_verb oauth_request_forget;

/*
 * Find the verb that `line` begins with and have it answer. EX_USAGE for words that
 * are none, EX_NOPERM for who may not steer: not root, not our own user, not of the
 * group `steering`.
 */
void agent_request(const struct agent_desk *desk, struct request *request, char *line);

/* Answers that verbs have in common: a text, freed (null: no memory); a failure. */
void agent_answer_text(struct request *request, char *text);
void agent_refuse(struct request *request, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The account of a profile that uses OAuth; null after refusing. */
struct account *agent_find_account(const struct agent_call *call, const char *profile);

#endif
