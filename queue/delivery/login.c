/* SPDX-License-Identifier: ISC */
#include "queue/delivery/login.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "queue/delivery/sasl.h"

/* More challenges than any mechanism of ours has. */
#define CHALLENGES_MAX 5

struct exchange {
	struct session *session;
	enum mechanism mechanism;
	struct sasl_login login;
	unsigned step;                    /* of the response to send next */
	char response[SASL_RESPONSE_MAX]; /* the latest; holds the credential */
	char refusal[1024];               /* the error challenge, decoded; "" without one */
};

static int
suspend(struct outcome *failure, const char *text, const char *advice)
{
	outcome_failure(STAGE_AUTH, "4.7.0", failure, "%s", text);
	failure->profile = PROFILE_SUSPEND;
	strlcpy(failure->advice, advice, sizeof(failure->advice));
	return -1;
}

/* Send a line that may hold the credential, read the reply, and wipe the line. */
static int
converse(struct exchange *exchange, const char *command, const char *line, struct reply *reply,
    struct outcome *failure)
{
	struct session *session = exchange->session;
	int result;

	/* Not session_send: it has no room for a token, and would leave it on the stack. */
	result = session_put(session, STAGE_AUTH, command, strlen(command), failure);
	if (result == 0)
		result = session_put(session, STAGE_AUTH, line, strlen(line), failure);
	if (result == 0)
		result = session_put(session, STAGE_AUTH, "\r\n", 2, failure);
	if (result == 0)
		result = session_reply(session, STAGE_AUTH, reply, failure);
	stream_discard_output(session->stream);
	return result;
}

static int
next_response(struct exchange *exchange)
{
	return sasl_response(
	    exchange->mechanism, &exchange->login, exchange->step++, exchange->response);
}

static int
begin(struct exchange *exchange, struct reply *reply, struct outcome *failure)
{
	char command[64];

	snprintf(command, sizeof(command), "AUTH %s", sasl_name(exchange->mechanism));
	/* LOGIN never had an initial response, and nobody else may need a long line. */
	if (exchange->mechanism == MECHANISM_LOGIN)
		return converse(exchange, command, "", reply, failure);
	if (next_response(exchange) < 0)
		return suspend(failure, "the credential is too long for SMTP",
		    "tokens of at most 12,000 octets can be used");
	if (strlen(command) + 1 + strlen(exchange->response) + 2 > SASL_COMMAND_MAX) {
		exchange->step = 0;
		return converse(exchange, command, "", reply, failure);
	}
	strlcat(command, " ", sizeof(command));
	return converse(exchange, command, exchange->response, reply, failure);
}

/* Answer one challenge: with the next response, or the dismissal of a refusal. */
static int
answer(struct exchange *exchange, struct reply *reply, struct outcome *failure)
{
	if (next_response(exchange) == 0)
		return converse(exchange, "", exchange->response, reply, failure);
	sasl_decode(reply->text, exchange->refusal, sizeof(exchange->refusal));
	return converse(exchange, "", sasl_dismissal(exchange->mechanism), reply, failure);
}

static void
redact(const struct exchange *exchange, char *text, size_t size)
{
	sasl_redact(text, size, exchange->login.secret);
	sasl_redact(text, size, exchange->response);
}

/* The refusal as an outcome; with a null `reply` the relay left after its challenge. */
static void
explain(struct exchange *exchange, struct reply *reply, struct outcome *failure)
{
	struct reply challenge;

	redact(exchange, exchange->refusal, sizeof(exchange->refusal));
	if (reply == NULL) {
		reply_begin(&challenge);
		challenge.code = 334;
		reply = &challenge;
	}
	redact(exchange, reply->text, sizeof(reply->text));
	if (exchange->refusal[0] != '\0') {
		strlcat(reply->text, " ", sizeof(reply->text));
		strlcat(reply->text, exchange->refusal, sizeof(reply->text));
	}
	session_classify(exchange->session, STAGE_AUTH, reply, failure);
	/* After an error challenge any refusal is one of the token, whatever its code. */
	if (exchange->refusal[0] != '\0' && reply->code >= 500 &&
	    failure->profile == PROFILE_SUSPEND && failure->by_code)
		failure->profile = PROFILE_NEW_TOKEN;
}

static int
run(struct exchange *exchange, struct outcome *failure)
{
	struct reply reply;
	int result = begin(exchange, &reply, failure);

	for (int i = 0; result == 0 && reply.code == 334 && i < CHALLENGES_MAX; i++)
		result = answer(exchange, &reply, failure);
	if (result < 0 && exchange->refusal[0] != '\0')
		explain(exchange, NULL, failure);
	if (result == 0 && reply.code != 235) {
		explain(exchange, &reply, failure);
		result = -1;
	}
	return result;
}

int
login(struct session *session, const struct credential *credential, struct outcome *failure)
{
	const struct config_profile *profile = session->profile;
	struct exchange exchange = {
	    .session = session,
	    .login = {.username = profile->username,
		.secret = credential->secret,
		.host = profile->host,
		.port = profile->port},
	};
	int result;

	if (profile->username == NULL || credential->kind == CREDENTIAL_NONE)
		return 0;
	if (!stream_is_secure(session->stream) && !(profile->tls == TLS_NONE && session->loopback))
		return suspend(failure, "no credential is sent in clear",
		    "set tls: starttls or tls: implicit in the profile");
	if ((session->hello.extensions & HELLO_AUTH) == 0)
		return suspend(failure, "the relay offers no login (AUTH)",
		    "check host and port, and that the provider allows SMTP AUTH for the account");
	exchange.mechanism =
	    sasl_choose(profile->mechanism, credential->kind, session->hello.mechanisms);
	if (exchange.mechanism == MECHANISM_BEST)
		return suspend(failure, "the relay does not offer a mechanism that fits",
		    "check mechanism, and whether the profile should use a token or a password");
	result = run(&exchange, failure);
	explicit_bzero(&exchange, sizeof(exchange));
	return result;
}
