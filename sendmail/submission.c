/* SPDX-License-Identifier: ISC */
#include "sendmail/submission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "config/clock.h"
#include "queue/message/header.h"
#include "queue/message/recipients.h"
#include "queue/message/sender_policy.h"
#include "sendmail/canonical.h"
#include "sendmail/complete.h"
#include "sendmail/expand.h"
#include "sendmail/extract.h"
#include "sendmail/incoming.h"
#include "sendmail/xtext.h"

struct submission {
	struct submission_options options;
	struct canonical *canonical;
	struct address_list extracted; /* -t */
	struct envelope envelope;
	struct incoming *incoming;
	uint64_t taken; /* octets as they came */
	uint64_t size;  /* octets of the message so far */
};

/* The original recipient of an alias, for delivery status notifications. */
static char *
original_recipient(const char *original)
{
	char *encoded;
	char *orcpt;

	/* RFC 6533 has another form for these; too few relays know it. */
	if (address_is_utf8(original))
		return NULL;
	encoded = xtext_encode(original);
	if (encoded == NULL || asprintf(&orcpt, "rfc822;%s", encoded) < 0)
		orcpt = NULL;
	free(encoded);
	/* Encoded it may be too long to be sent; the mail matters more. */
	if (orcpt != NULL && !envelope_orcpt_is_valid(orcpt)) {
		free(orcpt);
		orcpt = NULL;
	}
	return orcpt;
}

/* What was asked of the recipient that was given as number `source`, or null. */
static const struct submission_dsn *
find_dsn(const struct submission *submission, size_t source)
{
	const struct submission_options *options = &submission->options;

	/* Those extracted come after those given. */
	return options->dsn != NULL && source < options->recipients->count ? &options->dsn[source]
									   : NULL;
}

/* The ORCPT of an expanded recipient: the one given, else what an alias hides. */
static int
fill_orcpt(struct recipient *recipient, const struct submission_dsn *dsn, const char *original,
    struct error *error)
{
	if (dsn != NULL && dsn->orcpt != NULL) {
		recipient->orcpt = strdup(dsn->orcpt);
		if (recipient->orcpt == NULL)
			return error_set_errno(error, EX_TEMPFAIL, "recipients");
	} else if (original != NULL) {
		recipient->orcpt = original_recipient(original);
	}
	return 0;
}

/* Move the expanded recipients into the envelope. */
static int
fill_recipients(struct submission *submission, struct recipients *expanded, struct error *error)
{
	struct envelope *envelope = &submission->envelope;

	envelope->recipients = calloc(expanded->count, sizeof *envelope->recipients);
	if (envelope->recipients == NULL)
		return error_set_errno(error, EX_TEMPFAIL, "recipients");
	envelope->recipient_count = expanded->count;
	for (size_t i = 0; i < expanded->count; i++) {
		struct recipient *recipient = &envelope->recipients[i];
		const struct submission_dsn *dsn = find_dsn(submission, expanded->sources[i]);

		recipient->address = expanded->addresses[i];
		expanded->addresses[i] = NULL;
		recipient->notify = dsn != NULL ? dsn->notify : submission->options.notify;
		if (fill_orcpt(recipient, dsn, expanded->originals[i], error) < 0)
			return -1;
		if (address_is_utf8(recipient->address))
			envelope->smtputf8 = true;
	}
	return 0;
}

/* Those given and those extracted, in one list that borrows both; null: no memory. */
static struct mailbox *
gather(const struct submission *submission, size_t *count)
{
	const struct address_list *given = submission->options.recipients;
	const struct address_list *extracted = &submission->extracted;
	struct mailbox *items = calloc(given->count + extracted->count + 1, sizeof *items);

	if (items == NULL)
		return NULL;
	*count = 0;
	for (size_t i = 0; i < given->count; i++)
		items[(*count)++] = given->items[i];
	/* The "Cc: <>" of a template that had nothing to fill in names nobody. */
	for (size_t i = 0; i < extracted->count; i++)
		if (*extracted->items[i].address != '\0')
			items[(*count)++] = extracted->items[i];
	return items;
}

static int
expand(struct submission *submission, struct error *error)
{
	struct address_list given;
	struct recipients expanded;
	int result;

	given.items = gather(submission, &given.count);
	if (given.items == NULL)
		return error_set_errno(error, EX_TEMPFAIL, "recipients");
	result = expand_recipients(
	    submission->options.config, submission->options.no_aliases, &given, &expanded, error);
	if (result == 0) {
		result = fill_recipients(submission, &expanded, error);
		recipients_free(&expanded);
	}
	free(given.items);
	return result;
}

static int
fill_envelope(struct submission *submission, struct error *error)
{
	const struct submission_options *options = &submission->options;
	struct envelope *envelope = &submission->envelope;

	envelope_new_key(envelope->key);
	envelope->received_us = clock_wall_us();
	envelope->uid = getuid();
	envelope->ret = options->ret;
	envelope->smtputf8 = options->smtputf8 || address_is_utf8(options->sender);
	envelope->sender = strdup(options->sender);
	if (options->envelope_id != NULL)
		envelope->envid = xtext_ensure(options->envelope_id);
	if (envelope->sender == NULL || (options->envelope_id != NULL && envelope->envid == NULL))
		return error_set_errno(error, EX_TEMPFAIL, "envelope");
	return expand(submission, error);
}

static int
check_size(const struct submission *submission, uint64_t size, struct error *error)
{
	uint64_t limit = submission->options.config->message_size_limit;

	if (size <= limit)
		return 0;
	errno = EMSGSIZE;
	return error_set(error, EX_DATAERR,
	    "message is larger than message_size_limit (%llu octets)", (unsigned long long)limit);
}

static int
write_message(void *context, const char *data, size_t length, struct error *error)
{
	struct submission *submission = context;

	submission->size += length;
	if (check_size(submission, submission->size, error) < 0)
		return -1;
	return incoming_write(submission->incoming, data, length, error);
}

/* The fields of the header, as far as this user may send as this sender. */
static int
write_fields(struct submission *submission, const char *fields, size_t length, struct error *error)
{
	const struct sender_claim claim = {
	    .config = submission->options.config,
	    .uid = submission->envelope.uid,
	    .sender = submission->envelope.sender,
	};

	/* What was added counts, too: nobody delivers more. */
	if (length > HEADER_MAX) {
		errno = EMSGSIZE;
		return error_set(error, EX_DATAERR, "message header is longer than %zu MiB",
		    HEADER_MAX / (1024 * 1024));
	}
	/* Over the socket its receiver decides: we may be anybody. */
	if (incoming_is_by_socket(submission->incoming))
		return write_message(submission, fields, length, error);
	return sender_policy_apply(&claim, fields, length, write_message, submission, error);
}

static int
write_header(struct submission *submission, const char *header, size_t length, struct error *error)
{
	const struct submission_options *options = &submission->options;
	time_t now = (time_t)(submission->envelope.received_us / 1000000);
	char unique[64];
	struct completion completion = {
	    .sender = options->sender,
	    .full_name = options->full_name,
	    .hostname = options->config->hostname,
	    .mail_name = options->config->mail_name,
	    .unique = unique,
	    .now = now,
	    .strip_only = options->gateway,
	};
	char *completed;
	size_t completed_length;
	struct tm utc;
	size_t used;
	int result;

	used = strftime(unique, sizeof unique, "%Y%m%d%H%M%S", gmtime_r(&now, &utc));
	snprintf(unique + used, sizeof unique - used, ".%08X%08X", arc4random(), arc4random());
	completed = complete_header(&completion, header, length, &completed_length);
	if (completed == NULL)
		return error_set_errno(error, EX_TEMPFAIL, "message header");
	result = write_fields(submission, completed, completed_length, error);
	free(completed);
	if (result < 0)
		return -1;
	return write_message(submission, "\r\n", 2, error);
}

/* The header is complete, so all recipients are known: open the file. */
static int
take_header(void *context, const char *header, size_t length, struct error *error)
{
	struct submission *submission = context;

	if (submission->options.extract &&
	    extract_recipients(header, length, &submission->extracted, error) < 0)
		return -1;
	if (fill_envelope(submission, error) < 0)
		return -1;
	submission->incoming =
	    incoming_begin(submission->options.config, &submission->envelope, error);
	if (submission->incoming == NULL)
		return -1;
	return write_header(submission, header, length, error);
}

static int
take_body(void *context, const char *data, size_t length, struct error *error)
{
	return write_message(context, data, length, error);
}

struct submission *
submission_new(const struct submission_options *options, struct error *error)
{
	struct submission *submission = calloc(1, sizeof *submission);
	struct canonical_sink sink = {
	    .header = take_header,
	    .body = take_body,
	    .context = submission,
	};

	if (submission != NULL)
		submission->canonical = canonical_new(&sink, options->dot_ends);
	if (submission == NULL || submission->canonical == NULL) {
		error_set_errno(error, EX_TEMPFAIL, "message");
		free(submission);
		return NULL;
	}
	submission->options = *options;
	return submission;
}

int
submission_feed(struct submission *submission, const char *data, size_t length, struct error *error)
{
	/* Not all that comes becomes part of the message: NULs without end must end too. */
	submission->taken += length;
	if (check_size(submission, submission->taken, error) < 0)
		return -1;
	return canonical_feed(submission->canonical, data, length, error);
}

int
submission_finish(struct submission *submission, uint64_t *id, struct error *error)
{
	if (canonical_finish(submission->canonical, error) < 0)
		return -1;
	return incoming_publish(submission->incoming, !submission->options.queue_only, id, error);
}

void
submission_free(struct submission *submission)
{
	if (submission == NULL)
		return;
	incoming_free(submission->incoming);
	envelope_free(&submission->envelope);
	address_list_free(&submission->extracted);
	canonical_free(submission->canonical);
	free(submission);
}
