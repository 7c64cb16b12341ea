/* SPDX-License-Identifier: ISC */
#include "queue/delivery/transaction.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "queue/delivery/content.h"
#include "queue/delivery/parameters.h"
#include "queue/delivery/wire_address.h"
#include "queue/message/address.h"
#include "queue/message/received.h"

/* A relay that takes less than this many octets a second is as good as dead. */
#define SLOWEST_RATE 4096

#define NEEDS_SMTPUTF8 "the relay does not offer SMTPUTF8, which the address needs"

struct transaction {
	struct pipeline *pipeline;
	struct session *session;
	const struct work_deliver *deliver;
	int runner;
	struct content content;
	char *sender;        /* as MAIL has it */
	bool smtputf8;       /* offered */
	uint64_t body_limit; /* when the message must be out (clock_monotonic_ms) */
	size_t accepted;     /* recipients */
	bool open;           /* MAIL accepted and not yet ended: RSET is due */
	bool go;             /* 354 */
	bool decided;        /* `outcome` is the fate of all without a result of their own */
	bool corrupt;
	bool unreported; /* the runner did not get a result: it must not get a better one */
	struct outcome outcome;
};

static void
decide(struct transaction *t, const struct outcome *outcome)
{
	if (t->decided)
		return;
	t->outcome = *outcome;
	t->decided = true;
}

/* A refusal of our own, without a reply. */
static struct outcome refusal(enum outcome_scope scope, const char *enhanced, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

static struct outcome
refusal(enum outcome_scope scope, const char *enhanced, const char *format, ...)
{
	struct outcome outcome;
	char text[OUTCOME_TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	outcome_failure(STAGE_MAIL, enhanced, &outcome, "%s", text);
	outcome.scope = scope;
	outcome.class = OUTCOME_NEVER;
	outcome.profile = PROFILE_NOTHING;
	return outcome;
}

static void
report(struct transaction *t, uint32_t index, const struct outcome *outcome)
{
	struct work_result result = {
	    .transaction = t->deliver->transaction,
	    .index = index,
	    .outcome = *outcome,
	};

	if (work_send_result(t->runner, &result) < 0)
		t->unreported = true;
}

static void
report_end(struct transaction *t, uint64_t began)
{
	const struct identity *identity = &t->content.identity;
	struct work_ended ended = {
	    .transaction = t->deliver->transaction,
	    .transmission_seconds = (double)(clock_monotonic_ms() - began) / 1000,
	    .corrupt = t->corrupt,
	};

	if (t->decided && !t->corrupt)
		report(t, WORK_ALL_RECIPIENTS, &t->outcome);
	strlcpy(ended.from, identity->from != NULL ? identity->from : "", sizeof(ended.from));
	strlcpy(ended.reply_to, identity->reply_to != NULL ? identity->reply_to : "",
	    sizeof(ended.reply_to));
	(void)work_send_ended(t->runner, &ended);
}

/*
 * What one recipient's number stands for; the archive copy is nobody's business but ours.
 * -1 for a number that the file does not have.
 */
static int
look_up_recipient(const struct transaction *t, uint32_t index, struct recipient *recipient)
{
	const struct envelope *envelope = &t->content.envelope;

	if (index < envelope->recipient_count) {
		*recipient = envelope->recipients[index];
		return 0;
	}
	*recipient = (struct recipient){
	    .address = t->session->profile->archive,
	    .notify = NOTIFY_NEVER,
	};
	return index == envelope->recipient_count && recipient->address != NULL ? 0 : -1;
}

static bool
needs_utf8(const struct transaction *t)
{
	struct recipient recipient;

	if (address_is_utf8(t->sender))
		return true;
	for (uint32_t i = 0; i < t->deliver->count; i++)
		if (look_up_recipient(t, t->deliver->indexes[i], &recipient) == 0 &&
		    address_is_utf8(recipient.address))
			return true;
	return false;
}

static bool
names_every_recipient(const struct transaction *t)
{
	struct recipient recipient;

	for (uint32_t i = 0; i < t->deliver->count; i++)
		if (look_up_recipient(t, t->deliver->indexes[i], &recipient) < 0)
			return false;
	return true;
}

/* What is known to be refused need not be sent. */
static void
foresee(struct transaction *t)
{
	const struct session *session = t->session;
	const struct content *content = &t->content;
	uint64_t configured = session->profile->limits.message_size;
	uint64_t limit = session->hello.size;
	struct outcome outcome;

	if (limit == 0 || (configured != 0 && configured < limit))
		limit = configured;
	if (content->hops > RECEIVED_MAX)
		outcome = refusal(
		    SCOPE_MESSAGE, "5.4.6", "mail loop: %zu Received fields", content->hops);
	else if (limit != 0 && content->size > limit)
		outcome = refusal(SCOPE_MESSAGE, "5.3.4",
		    "message of %ju octets is larger than the relay's limit of %ju",
		    (uintmax_t)content->size, (uintmax_t)limit);
	else if (!address_is_valid(t->sender) && t->sender[0] != '\0')
		outcome = refusal(SCOPE_MESSAGE, "5.1.7", "sender address cannot be sent");
	else
		return;
	decide(t, &outcome);
}

/* MAIL: refused means the whole message is. */
static void
mail_answered(struct transaction *t, const struct outcome *outcome)
{
	if (outcome->class == OUTCOME_DELIVERED)
		t->open = true;
	else
		decide(t, outcome);
}

static void
rcpt_answered(struct transaction *t, uint32_t recipient, const struct outcome *outcome)
{
	if (!t->open)
		return; /* only says once more what MAIL's reply said */
	if (outcome->class == OUTCOME_DELIVERED)
		t->accepted++;
	else
		report(t, recipient, outcome);
}

static void
dot_answered(struct transaction *t, const struct outcome *outcome)
{
	t->open = false;
	if (t->accepted > 0)
		decide(t, outcome); /* else it ended nothing but a lone dot */
}

static int
answered(const struct expected *expected, const struct reply *reply, struct outcome *failure)
{
	struct transaction *t = expected->context;
	enum smtp_stage stage = expected->stage;
	struct outcome outcome;
	/* Without MAIL, or without recipients, what follows is refused as a matter of form. */
	bool form = (stage == STAGE_RCPT && !t->open) ||
		    ((stage == STAGE_DATA || stage == STAGE_DOT) && t->accepted == 0);

	if (stage == STAGE_DATA && reply->code == 354) {
		t->go = true;
		return 0;
	}
	session_classify(t->session, stage, reply, &outcome);
	if (outcome.scope == SCOPE_PROFILE && (!form || reply->code == 421)) {
		*failure = outcome;
		return -1;
	}
	if (stage == STAGE_MAIL)
		mail_answered(t, &outcome);
	else if (stage == STAGE_RCPT)
		rcpt_answered(t, expected->recipient, &outcome);
	else if (stage == STAGE_DOT)
		dot_answered(t, &outcome);
	else if (t->accepted > 0)
		decide(t, &outcome);
	return 0;
}

static int
command(struct transaction *t, enum smtp_stage stage, uint32_t recipient, const char *line,
    struct outcome *failure)
{
	struct expected expected = {
	    .stage = stage, .recipient = recipient, .answered = answered, .context = t};

	if (pipeline_reserve(t->pipeline, failure) < 0 ||
	    session_send(t->session, stage, failure, "%s", line) < 0)
		return -1;
	pipeline_expect(t->pipeline, expected);
	return 0;
}

static int
refuse_recipient(struct transaction *t, uint32_t index, const struct outcome *outcome)
{
	report(t, index, outcome);
	return 0;
}

static int
send_recipient(struct transaction *t, uint32_t index, struct outcome *failure)
{
	char line[PARAMETERS_LINE_MAX];
	struct recipient recipient;
	struct outcome outcome =
	    refusal(SCOPE_RECIPIENT, "5.1.3", "recipient address cannot be sent");
	char *address;
	int fits;

	if (look_up_recipient(t, index, &recipient) < 0 || !address_is_valid(recipient.address))
		return refuse_recipient(t, index, &outcome);
	address = wire_address(recipient.address, t->smtputf8);
	if (address == NULL && errno == ENOMEM) {
		outcome_failure(STAGE_RCPT, "4.3.0", failure, "out of memory");
		return -1;
	}
	if (address == NULL) {
		outcome = refusal(SCOPE_RECIPIENT, "5.6.7", NEEDS_SMTPUTF8);
		return refuse_recipient(t, index, &outcome);
	}
	fits =
	    parameters_rcpt(&t->session->hello, address, recipient.notify, recipient.orcpt, line);
	free(address);
	if (fits < 0)
		return refuse_recipient(t, index, &outcome);
	return command(t, STAGE_RCPT, index, line, failure);
}

/* MAIL, every RCPT, DATA, and all their answers. */
static int
send_envelope(struct transaction *t, struct outcome *failure)
{
	bool deep = pipeline_is_deep(t->pipeline);
	char line[PARAMETERS_LINE_MAX];
	size_t sent = 0;

	if (parameters_mail(&t->session->hello, &t->content.envelope, t->sender, needs_utf8(t),
		t->content.size, line) < 0) {
		struct outcome outcome =
		    refusal(SCOPE_MESSAGE, "5.1.7", "sender address cannot be sent");

		decide(t, &outcome);
		return 0;
	}
	if (command(t, STAGE_MAIL, 0, line, failure) < 0)
		return -1;
	for (; sent < t->deliver->count && !t->decided; sent++) {
		if (!deep && pipeline_drain(t->pipeline, 0, failure) < 0)
			return -1;
		if (!t->decided && send_recipient(t, t->deliver->indexes[sent], failure) < 0)
			return -1;
	}
	if (!deep && pipeline_drain(t->pipeline, 0, failure) < 0)
		return -1;
	if (!t->decided && (deep || t->accepted > 0) &&
	    command(t, STAGE_DATA, 0, "DATA", failure) < 0)
		return -1;
	return pipeline_drain(t->pipeline, 0, failure);
}

static int
put(const void *data, size_t length, void *context)
{
	struct transaction *t = context;
	uint64_t step = clock_monotonic_ms() + (uint64_t)t->session->profile->timeouts.data * 1000;

	return stream_put(
	    t->session->stream, data, length, step < t->body_limit ? step : t->body_limit);
}

/*
 * The connection broke while the message was going out, or the relay did not wait for its
 * end: perhaps it said why. Nobody can have accepted what was not there. Returns 0 with the
 * message's fate decided, or -1 and `failure`.
 */
static int
hear_last_words(struct transaction *t, struct outcome *failure)
{
	struct expected expected = {.stage = STAGE_DOT, .answered = answered, .context = t};
	struct outcome lost;
	struct reply reply;

	session_lost(STAGE_DOT, &lost);
	stream_discard_output(t->session->stream);
	if (reply_read(t->session->stream, &reply, 0) == 0 && reply.code >= 400) {
		transcript_received(t->session->transcript, &reply);
		return answered(&expected, &reply, failure);
	}
	*failure = lost;
	return -1;
}

/* The message itself, after 354. */
static enum transaction_end
send_message(struct transaction *t, struct outcome *failure)
{
	uint64_t seconds = t->session->profile->timeouts.data + t->content.size / SLOWEST_RATE;
	struct expected expected = {.stage = STAGE_DOT, .answered = answered, .context = t};
	enum content_result result = CONTENT_SENT;
	struct wire wire;

	t->body_limit = clock_monotonic_ms() + seconds * 1000;
	if (t->accepted > 0) {
		wire_begin(&wire, true, put, t);
		result = content_send(&t->content, &wire);
	}
	if (result == CONTENT_CORRUPT) {
		t->corrupt = true;
		return TRANSACTION_CLOSE; /* before the dot: nothing is delivered */
	}
	/* An answer to what was not said yet: taken for the dot's, it could claim a delivery. */
	if (result == CONTENT_SENT && stream_has_input(t->session->stream) > 0) {
		errno = EPROTO;
		result = CONTENT_STOPPED;
	}
	if (result == CONTENT_STOPPED || put(".\r\n", 3, t) < 0)
		return hear_last_words(t, failure) < 0 ? TRANSACTION_FAILED : TRANSACTION_CLOSE;
	transcript_note(
	    t->session->transcript, "the message, %ju octets", (uintmax_t)t->content.size);
	transcript_sent(t->session->transcript, ".");
	pipeline_expect(t->pipeline, expected);
	if (pipeline_drain(t->pipeline, 0, failure) < 0)
		return TRANSACTION_FAILED;
	return TRANSACTION_DONE;
}

/* Forget what is half done, so that the next MAIL finds the session as new. */
static enum transaction_end
reset(struct transaction *t)
{
	struct outcome ignored;
	struct reply reply;

	if (session_send(t->session, STAGE_MAIL, &ignored, "RSET") < 0 ||
	    session_reply(t->session, STAGE_MAIL, &reply, &ignored) < 0)
		return TRANSACTION_CLOSE;
	return reply.code == 250 ? TRANSACTION_DONE : TRANSACTION_CLOSE;
}

static enum transaction_end
converse(struct transaction *t, struct outcome *failure)
{
	foresee(t);
	if (t->decided)
		return TRANSACTION_DONE;
	if (send_envelope(t, failure) < 0)
		return TRANSACTION_FAILED;
	if (!t->go)
		return TRANSACTION_DONE;
	/* It refused MAIL and wants the message: whatever came now could be delivered. */
	if (!t->open)
		return TRANSACTION_CLOSE;
	return send_message(t, failure);
}

/* MAIL's address; a message whose sender the relay cannot take is decided. */
static int
prepare_sender(struct transaction *t, struct outcome *failure)
{
	const struct session *session = t->session;
	char *sender =
	    identity_sender(session->config, session->profile, t->content.envelope.sender);

	t->smtputf8 = (session->hello.extensions & HELLO_SMTPUTF8) != 0;
	if (sender != NULL)
		t->sender = wire_address(sender, t->smtputf8);
	if (sender != NULL && t->sender == NULL && errno == EILSEQ) {
		struct outcome outcome = refusal(SCOPE_MESSAGE, "5.6.7", NEEDS_SMTPUTF8);

		decide(t, &outcome);
		t->sender = sender;
		return 0;
	}
	free(sender);
	if (t->sender != NULL)
		return 0;
	outcome_failure(STAGE_MAIL, "4.3.0", failure, "out of memory");
	return -1;
}

/* 0; -1 with `corrupt` set or, where memory is short, `failure`. */
static int
prepare(struct transaction *t, int file, struct outcome *failure)
{
	const struct session *session = t->session;
	struct content_options options = {
	    .config = session->config,
	    .profile = session->profile,
	    .id = t->deliver->id,
	    .user = t->deliver->user,
	};
	struct error error;

	if (content_open(&t->content, file, &options, &error) < 0) {
		if (error.status == EX_OSERR)
			outcome_failure(STAGE_MAIL, "4.3.0", failure, "%s", error.text);
		else
			t->corrupt = true;
		return -1;
	}
	if (!names_every_recipient(t)) {
		t->corrupt = true; /* not the envelope that the runner has read */
		return -1;
	}
	return prepare_sender(t, failure);
}

enum transaction_end
transaction_run(struct pipeline *pipeline, const struct work_deliver *deliver, int file, int runner,
    struct outcome *failure)
{
	struct transaction t = {
	    .pipeline = pipeline,
	    .session = pipeline->session,
	    .deliver = deliver,
	    .runner = runner,
	};
	uint64_t began = clock_monotonic_ms();
	enum transaction_end end;

	if (prepare(&t, file, failure) == 0)
		end = converse(&t, failure);
	else
		end = t.corrupt ? TRANSACTION_DONE : TRANSACTION_FAILED;
	if (end != TRANSACTION_FAILED && t.unreported) {
		outcome_failure(STAGE_MAIL, "4.3.0", failure, "cannot report to the runner");
		end = TRANSACTION_FAILED;
	}
	if (end != TRANSACTION_FAILED)
		report_end(&t, began);
	if (end == TRANSACTION_DONE && t.open)
		end = reset(&t);
	free(t.sender);
	content_free(&t.content);
	return end;
}
