/* SPDX-License-Identifier: ISC */
#include "queue/delivery/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/clock.h"
#include "queue/delivery/tls.h"

/* RFC 5321 4.5.3.1.4 has 512; addresses and DSN parameters make lines longer. */
#define COMMAND_MAX 2048

/* Nothing depends on the reply to QUIT. */
#define QUIT_MS 5000

static const char *const stage_names[] = {
    [STAGE_CONNECT] = "connecting",
    [STAGE_GREETING] = "waiting for the greeting",
    [STAGE_HELLO] = "sending EHLO",
    [STAGE_STARTTLS] = "starting TLS",
    [STAGE_AUTH] = "logging in",
    [STAGE_MAIL] = "sending MAIL FROM",
    [STAGE_RCPT] = "sending RCPT TO",
    [STAGE_DATA] = "sending DATA",
    [STAGE_DOT] = "sending the message",
    [STAGE_QUIT] = "sending QUIT",
};

int
session_lost(enum smtp_stage stage, struct outcome *failure)
{
	const char *doing = stage_names[stage];

	switch (errno) {
	case ETIMEDOUT:
		outcome_failure(stage, "4.4.2", failure, "timed out while %s", doing);
		break;
	case EMSGSIZE:
	case EPROTO:
		outcome_failure(stage, "4.5.0", failure, "not an SMTP reply while %s", doing);
		break;
	case ECANCELED:
		outcome_failure(stage, "4.3.2", failure, "stopped while %s", doing);
		break;
	default:
		outcome_failure(stage, "4.4.2", failure, "lost the connection while %s", doing);
	}
	return -1;
}

static uint64_t
deadline_of(const struct session *session, enum smtp_stage stage)
{
	const struct config_timeouts *timeouts = &session->profile->timeouts;
	unsigned seconds = stage == STAGE_DOT ? timeouts->data : timeouts->command;

	return clock_monotonic_ms() + (uint64_t)seconds * 1000;
}

int
session_put(struct session *session, enum smtp_stage stage, const void *data, size_t length,
    struct outcome *failure)
{
	if (stream_put(session->stream, data, length, deadline_of(session, stage)) < 0)
		return session_lost(stage, failure);
	return 0;
}

int
session_send(struct session *session, enum smtp_stage stage, struct outcome *failure,
    const char *format, ...)
{
	char line[COMMAND_MAX];
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(line, sizeof(line) - 2, format, ap);
	va_end(ap);
	if (length < 0 || (size_t)length >= sizeof(line) - 2) {
		outcome_failure(
		    stage, "4.3.0", failure, "command too long while %s", stage_names[stage]);
		return -1;
	}
	transcript_sent(session->transcript, line);
	line[length++] = '\r';
	line[length++] = '\n';
	return session_put(session, stage, line, (size_t)length, failure);
}

int
session_reply(
    struct session *session, enum smtp_stage stage, struct reply *reply, struct outcome *failure)
{
	if (reply_read(session->stream, reply, deadline_of(session, stage)) < 0)
		return session_lost(stage, failure);
	if (stage != STAGE_AUTH)
		transcript_received(session->transcript, reply);
	return 0;
}

void
session_classify(const struct session *session, enum smtp_stage stage, const struct reply *reply,
    struct outcome *outcome)
{
	const struct config_profile *profile = session->profile;
	const char *enhanced = reply->enhanced;
	char text[OUTCOME_TEXT_MAX];

	/* Who turns the extension off says that these numbers mean nothing. */
	if ((profile->disable & DISABLE_ENHANCEDSTATUSCODES) != 0)
		enhanced = "";
	reply_describe(reply, text, sizeof(text));
	transcript_redact(session->transcript, text, sizeof(text));
	outcome_classify(stage, reply->code, enhanced, text, profile->provider, outcome);
}

/* Classify a reply that ends the session: a consent nobody asked for is a fault too. */
static int
refuse(struct session *session, enum smtp_stage stage, const struct reply *reply,
    struct outcome *failure)
{
	session_classify(session, stage, reply, failure);
	failure->scope = SCOPE_PROFILE;
	failure->class = OUTCOME_LATER;
	if (failure->profile == PROFILE_NOTHING)
		failure->profile = PROFILE_BACK_OFF;
	return -1;
}

/* Send a command and read its reply; -1 and `failure` where its code is not `expected`. */
static int
command(struct session *session, enum smtp_stage stage, const char *line, unsigned expected,
    struct reply *reply, struct outcome *failure)
{
	if (session_send(session, stage, failure, "%s", line) < 0 ||
	    session_reply(session, stage, reply, failure) < 0)
		return -1;
	return reply->code == expected ? 0 : refuse(session, stage, reply, failure);
}

static int
greeting(struct session *session, struct outcome *failure)
{
	struct reply reply;

	if (session_reply(session, STAGE_GREETING, &reply, failure) < 0)
		return -1;
	return reply.code == 220 ? 0 : refuse(session, STAGE_GREETING, &reply, failure);
}

static int
hello(struct session *session, struct outcome *failure)
{
	struct reply reply;
	char line[512];

	snprintf(line, sizeof(line), "EHLO %s", session->config->hostname);
	if (command(session, STAGE_HELLO, line, 250, &reply, failure) == 0) {
		hello_parse(reply.text, session->profile->disable, &session->hello);
		return 0;
	}
	memset(&session->hello, 0, sizeof(session->hello));
	if (failure->code / 100 != 5)
		return -1;
	/* RFC 5321 3.2: a server from before the extensions. */
	memcpy(line, "HELO", 4);
	return command(session, STAGE_HELLO, line, 250, &reply, failure);
}

static int
start_tls(struct session *session, SSL_CTX *trust, struct outcome *failure)
{
	const char *host = session->profile->host;
	SSL *ssl = trust != NULL ? tls_session(trust, host) : NULL;
	char reason[256], description[512];

	if (ssl == NULL) {
		outcome_failure(
		    STAGE_STARTTLS, "4.7.5", failure, "cannot prepare TLS for %s", host);
		return -1;
	}
	if (stream_start_tls(session->stream, ssl, deadline_of(session, STAGE_STARTTLS)) == 0) {
		tls_describe(ssl, description, sizeof(description));
		transcript_note(session->transcript, "%s", description);
		return 0;
	}
	if (errno == ETIMEDOUT || errno == ECANCELED)
		return session_lost(STAGE_STARTTLS, failure);
	tls_explain(ssl, reason, sizeof(reason));
	outcome_failure(STAGE_STARTTLS, "4.7.5", failure, "TLS with %s failed: %s", host, reason);
	return -1;
}

static int
upgrade(struct session *session, SSL_CTX *trust, struct outcome *failure)
{
	struct reply reply;

	if ((session->hello.extensions & HELLO_STARTTLS) == 0) {
		outcome_failure(STAGE_STARTTLS, "4.7.4", failure,
		    "%s does not offer STARTTLS and nothing is sent in clear",
		    session->profile->host);
		return -1;
	}
	if (command(session, STAGE_STARTTLS, "STARTTLS", 220, &reply, failure) < 0 ||
	    start_tls(session, trust, failure) < 0)
		return -1;
	/* What was offered in clear could have been anybody's offer. */
	return hello(session, failure);
}

int
session_open(struct session *session, SSL_CTX *trust, struct outcome *failure)
{
	enum tls_mode mode = session->profile->tls;

	if (mode == TLS_IMPLICIT && start_tls(session, trust, failure) < 0)
		return -1;
	if (greeting(session, failure) < 0 || hello(session, failure) < 0)
		return -1;
	return mode == TLS_STARTTLS ? upgrade(session, trust, failure) : 0;
}

void
session_quit(struct session *session)
{
	uint64_t deadline = clock_monotonic_ms() + QUIT_MS;
	struct reply reply;

	transcript_sent(session->transcript, "QUIT");
	if (stream_put(session->stream, "QUIT\r\n", 6, deadline) < 0 ||
	    reply_read(session->stream, &reply, deadline) < 0)
		return;
	transcript_received(session->transcript, &reply);
	stream_shutdown(session->stream);
}
