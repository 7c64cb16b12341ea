/* SPDX-License-Identifier: ISC */
#include "sendmail/smtp_session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/error.h"
#include "config/log.h"
#include "queue/spool/queue_id.h"
#include "sendmail/smtp_command.h"
#include "sendmail/smtp_data.h"
#include "sendmail/smtp_transaction.h"

/* RFC 5321 4.5.3.1.5, with the line's end. */
#define REPLY_MAX 512

struct smtp_session {
	struct smtp_settings settings;
	struct smtp_transaction transaction;
	struct submission *submission; /* the message after DATA; null once it was refused */
	struct error error;            /* why it was */
	unsigned error_code;           /* as a reply */
	struct smtp_data data;
	bool in_data;
	bool over;
	bool overlong; /* the current line is skipped to its end */
	size_t line_length;
	char line[SMTP_LINE_MAX];
};

static void
put(struct smtp_session *session, const char *text, size_t length)
{
	if (!session->over && session->settings.put(session->settings.context, text, length) < 0)
		session->over = true;
}

/* A reply of one line. RFC 5321 4.2 wants ASCII; what is quoted may be anything. */
static void __attribute__((format(printf, 2, 3)))
reply(struct smtp_session *session, const char *format, ...)
{
	char text[REPLY_MAX];
	size_t length;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof text - 2, format, ap);
	va_end(ap);
	length = strlen(text);
	for (size_t i = 0; i < length; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	strlcpy(text + length, "\r\n", sizeof text - length);
	put(session, text, length + 2);
}

static void
end_transaction(struct smtp_session *session)
{
	submission_free(session->submission);
	session->submission = NULL;
	smtp_transaction_reset(&session->transaction);
}

/* Postfix's choice of codes, RFC 5321 4.2.3: what may be tried again later is 45x. */
static unsigned
code_for(const struct error *error, int cause)
{
	switch (error->status) {
	case EX_DATAERR:
		return cause == EMSGSIZE ? 552 : 554;
	case EX_USAGE: /* nobody is left to get it */
		return 554;
	case EX_NOPERM: /* not as this sender */
		return 550;
	default:
		return cause == ENOSPC || cause == EDQUOT ? 452 : 451;
	}
}

/* The message cannot be taken, as session->error and errno say. */
static void
refuse(struct smtp_session *session)
{
	session->error_code = code_for(&session->error, errno);
	log_write(LOG_ERR, "sendmail", "uid=%lu: %s", (unsigned long)getuid(), session->error.text);
	submission_free(session->submission);
	session->submission = NULL;
}

static void
take_text(void *context, const char *text, size_t length)
{
	struct smtp_session *session = context;

	errno = 0;
	if (session->submission != NULL &&
	    submission_feed(session->submission, text, length, &session->error) < 0)
		refuse(session);
}

static void
end_data(struct smtp_session *session)
{
	char name[QUEUE_ID_SIZE];
	uint64_t id = 0;

	errno = 0;
	if (session->submission != NULL &&
	    submission_finish(session->submission, &id, &session->error) < 0)
		refuse(session);
	if (session->submission != NULL) {
		queue_id_format(id, name);
		reply(session, "250 Ok: queued as %s", name);
	} else {
		reply(session, "%u %s", session->error_code, session->error.text);
	}
	session->in_data = false;
	end_transaction(session);
}

static void
begin_data(struct smtp_session *session, const char *argument, bool crlf)
{
	struct submission_options options = session->settings.message;

	if (*argument != '\0') {
		reply(session, "501 Syntax: DATA");
		return;
	}
	if (session->transaction.recipients.count == 0) {
		reply(session, "503 RCPT first");
		return;
	}
	smtp_transaction_envelope(&session->transaction, &options);
	session->submission = submission_new(&options, &session->error);
	if (session->submission == NULL) {
		reply(session, "451 %s", session->error.text);
		return;
	}
	session->in_data = true;
	smtp_data_begin(&session->data, crlf);
	reply(session, "354 End data with <CR><LF>.<CR><LF>");
}

static void
greet(struct smtp_session *session, const char *argument, bool extended)
{
	const struct config *config = session->settings.message.config;

	if (*argument == '\0') {
		reply(session, "501 Syntax: %s hostname", extended ? "EHLO" : "HELO");
		return;
	}
	end_transaction(session);
	if (!extended) {
		reply(session, "250 %s", config->hostname);
		return;
	}
	reply(session, "250-%s", config->hostname);
	reply(session, "250-PIPELINING");
	reply(session, "250-SIZE %llu", (unsigned long long)config->message_size_limit);
	reply(session, "250-8BITMIME");
	reply(session, "250-SMTPUTF8");
	reply(session, "250-DSN");
	reply(session, "250 HELP");
}

static void
reset(struct smtp_session *session, const char *argument)
{
	if (*argument != '\0') {
		reply(session, "501 Syntax: RSET");
		return;
	}
	end_transaction(session);
	reply(session, "250 Ok");
}

/* MAIL without HELO is taken, as Postfix and Sendmail do: small programs forget it. */
static void
obey(struct smtp_session *session, char *line, bool crlf)
{
	const struct config *config = session->settings.message.config;
	struct smtp_transaction *transaction = &session->transaction;
	char *argument;

	switch (smtp_command_verb(line, &argument)) {
	case SMTP_VERB_HELO:
		greet(session, argument, false);
		break;
	case SMTP_VERB_EHLO:
		greet(session, argument, true);
		break;
	case SMTP_VERB_MAIL:
		reply(session, "%s", smtp_transaction_mail(transaction, config, argument));
		break;
	case SMTP_VERB_RCPT:
		reply(session, "%s", smtp_transaction_rcpt(transaction, argument));
		break;
	case SMTP_VERB_DATA:
		begin_data(session, argument, crlf);
		break;
	case SMTP_VERB_RSET:
		reset(session, argument);
		break;
	case SMTP_VERB_NOOP:
		reply(session, "250 Ok");
		break;
	case SMTP_VERB_VRFY:
		reply(session,
		    *argument != '\0' ? "252 Send mail, and see" : "501 Syntax: VRFY address");
		break;
	case SMTP_VERB_HELP:
		reply(session, "214 HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT");
		break;
	case SMTP_VERB_QUIT:
		reply(session, "221 Bye");
		session->over = true;
		break;
	case SMTP_VERB_REFUSED:
		reply(session, "502 Not implemented");
		break;
	case SMTP_VERB_UNKNOWN:
		reply(session, "500 Command not known");
		break;
	}
}

/* A command line is complete but for its LF. */
static void
end_line(struct smtp_session *session)
{
	size_t length = session->line_length;
	bool crlf = length > 0 && session->line[length - 1] == '\r';

	session->line_length = 0;
	if (session->overlong) {
		session->overlong = false;
		reply(session, "500 Line too long");
		return;
	}
	if (crlf)
		length--;
	session->line[length] = '\0';
	if (strlen(session->line) != length)
		reply(session, "500 NUL in a command");
	else
		obey(session, session->line, crlf);
}

/* Octets of commands. Returns how many were used: up to the end of the first line. */
static size_t
take_command(struct smtp_session *session, const char *data, size_t length)
{
	const char *lf = memchr(data, '\n', length);
	size_t part = lf != NULL ? (size_t)(lf - data) : length;

	/* With its LF, for which the NUL stands here, it has to fit. */
	if (part >= sizeof session->line - session->line_length)
		session->overlong = true;
	if (!session->overlong) {
		memcpy(session->line + session->line_length, data, part);
		session->line_length += part;
	}
	if (lf == NULL)
		return length;
	end_line(session);
	return part + 1;
}

struct smtp_session *
smtp_session_new(const struct smtp_settings *settings)
{
	struct smtp_session *session = calloc(1, sizeof *session);

	if (session == NULL)
		return NULL;
	session->settings = *settings;
	session->data.put = take_text;
	session->data.context = session;
	reply(session, "220 %s ESMTP Postoak", settings->message.config->hostname);
	return session;
}

int
smtp_session_feed(struct smtp_session *session, const char *data, size_t length)
{
	size_t used = 0;

	while (used < length && !session->over) {
		if (!session->in_data) {
			used += take_command(session, data + used, length - used);
			continue;
		}
		used += smtp_data_feed(&session->data, data + used, length - used);
		if (session->data.state == SMTP_DATA_END)
			end_data(session);
	}
	return session->over ? -1 : 0;
}

void
smtp_session_close(struct smtp_session *session)
{
	reply(session, "421 %s closes", session->settings.message.config->hostname);
	session->over = true;
}

void
smtp_session_free(struct smtp_session *session)
{
	if (session == NULL)
		return;
	end_transaction(session);
	free(session);
}
