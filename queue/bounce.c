/* SPDX-License-Identifier: ISC */
#include "queue/bounce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/route.h"
#include "queue/maillog.h"
#include "queue/message/aliases.h"
#include "queue/message/recipients.h"

/* One notification on its way to the disk. */
struct sending {
	uint64_t original;
	const char *kind;      /* for the log */
	struct accept *accept; /* the file may have a name only until this is freed */
	bounce_done *done;
	void *done_context;
};

static void
complain(const char *message, void *context)
{
	(void)context;
	log_write(LOG_WARNING, "bounce", "%s", message);
}

/* Addresses, this host's own ones replaced by what aliases and local_mail say. */
static int
expand(const struct config *config, const char *address, struct recipients *recipients,
    struct error *error)
{
	struct aliases *aliases = aliases_load(config->aliases, complain, NULL, error);
	struct recipients_options options = {
	    .config = config,
	    .aliases = aliases,
	    .complain = complain,
	};
	struct address_list list = {0};
	int result = -1;

	/* A broken aliases file must not keep a sender from being told. */
	if (aliases == NULL)
		log_write(LOG_WARNING, "bounce", "%s", error->text);
	if (address_list_parse(address, strlen(address), &list, error) == 0)
		result = recipients_expand(&options, &list, recipients, error);
	address_list_free(&list);
	aliases_free(aliases);
	return result;
}

static bool
is_among(const char *address, const struct recipients *recipients)
{
	for (size_t i = 0; i < recipients->count; i++)
		if (address_equal(address, recipients->addresses[i]))
			return true;
	return false;
}

/* True where all who failed are postmaster: then telling postmaster is no use. */
static bool
only_postmaster(
    const struct recipients *postmaster, const struct report_recipient *failed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_among(failed[i].recipient->address, postmaster))
			return false;
	return true;
}

static bool
is_wanted(enum report_kind kind, const struct recipient *recipient)
{
	static const unsigned bits[] = {
	    [REPORT_FAILED] = NOTIFY_FAILURE,
	    [REPORT_DELAYED] = NOTIFY_DELAY,
	    [REPORT_RELAYED] = NOTIFY_SUCCESS,
	};

	if (recipient->notify == 0)
		return kind != REPORT_RELAYED;
	return (recipient->notify & bits[kind]) != 0;
}

static void
log_accepted(const struct sending *sending, uint64_t id)
{
	int file = accept_file(sending->accept);
	struct envelope envelope;
	struct error error;

	maillog_bounce(sending->original, sending->kind, id);
	if (envelope_read(file, &envelope, &error) < 0)
		return;
	maillog_queued(id, &envelope, file);
	envelope_free(&envelope);
}

static void
published(int failure, uint64_t id, void *arg)
{
	struct sending *sending = arg;

	if (failure != 0)
		maillog_note(LOG_ERR, sending->original,
		    "cannot accept a notification for its sender: %s", strerror(failure));
	else
		log_accepted(sending, id);
	sending->done(failure == 0 ? BOUNCE_TOLD : BOUNCE_FAILED, id, sending->done_context);
	accept_free(sending->accept);
	free(sending);
}

/* The envelope of the notification; its strings are borrowed. */
static int
make_envelope(
    struct envelope *envelope, const struct envelope *original, const struct recipients *to)
{
	static char null_sender[] = "";

	*envelope = (struct envelope){
	    .received_us = clock_wall_us(),
	    .uid = original->uid,
	    .sender = null_sender,
	    .smtputf8 = original->smtputf8,
	    .recipient_count = to->count,
	};
	envelope_new_key(envelope->key);
	envelope->recipients = calloc(to->count, sizeof(*envelope->recipients));
	if (envelope->recipients == NULL)
		return -1;
	for (size_t i = 0; i < to->count; i++)
		envelope->recipients[i].address = to->addresses[i];
	return 0;
}

/* The identity under which it will leave: that of the profile it will be routed to. */
static const char *
from_address(const struct config *config, const char *to, uid_t uid, char buffer[ADDRESS_MAX])
{
	const struct config_profile *profile = route_choose(config, "", to, uid);

	if (profile != NULL && profile->from != NULL)
		return profile->from;
	(void)snprintf(buffer, ADDRESS_MAX, "MAILER-DAEMON@%s", config->mail_name);
	return buffer;
}

static int
write_and_publish(struct context *context, struct report report, const struct recipients *to,
    struct sending *sending, struct error *error)
{
	const struct config *config = context->config;
	struct envelope envelope;
	struct accept *accept = NULL;
	char from[ADDRESS_MAX];
	int result = -1;

	if (make_envelope(&envelope, report.original, to) < 0)
		return error_set(error, EX_OSERR, "out of memory");
	report.hostname = config->hostname;
	report.from = from_address(config, to->addresses[0], report.original->uid, from);
	report.to = to->addresses[0];
	report.now_us = envelope.received_us;
	report.retry_until_us =
	    report.original->received_us + (uint64_t)config->queue.lifetime * 1000000;

	accept = accept_begin(context->spool.queue, &envelope, error);
	if (accept == NULL || report_write(&report, accept, error) < 0 ||
	    accept_seal(accept, error) < 0)
		goto out;
	if (syncer_ask(context->syncer, SYNC_PUBLISH, accept_file(accept), context->spool.queue,
		published, sending) < 0) {
		error_set_errno(error, EX_OSERR, "cannot ask for a sync");
		goto out;
	}
	sending->accept = accept;
	accept = NULL;
	result = 0;
out:
	accept_free(accept);
	free(envelope.recipients);
	return result;
}

/* Where the notification goes; BOUNCE_TOLD: to `to`. */
static enum bounce_result
choose_recipients(const struct config *config, const struct envelope *original,
    const struct report_recipient *recipients, size_t count, struct recipients *to,
    struct error *error)
{
	if (original->sender[0] != '\0') {
		if (expand(config, original->sender, to, error) == 0 && to->count > 0)
			return BOUNCE_TOLD;
		/* A sender that is no address: postmaster is the one to tell. */
		recipients_free(to);
	}
	if (expand(config, config->postmaster, to, error) < 0 || to->count == 0)
		return BOUNCE_UNDELIVERABLE;
	if (original->sender[0] == '\0' && only_postmaster(to, recipients, count))
		return BOUNCE_UNDELIVERABLE;
	return BOUNCE_TOLD;
}

/* As the log calls it. */
static const char *
kind_name(enum report_kind kind, const struct envelope *original)
{
	switch (kind) {
	case REPORT_FAILED:
		return original->sender[0] == '\0' ? "postmaster non-delivery"
						   : "sender non-delivery";
	case REPORT_DELAYED:
		return "sender delay";
	case REPORT_RELAYED:
		return "sender delivery status";
	}
	return "";
}

static size_t
keep_wanted(enum report_kind kind, const struct report_recipient *recipients, size_t count,
    struct report_recipient *wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (is_wanted(kind, recipients[i].recipient))
			wanted[kept++] = recipients[i];
	return kept;
}

void
bounce_send(struct context *context, enum report_kind kind, uint64_t id,
    const struct envelope *original, int file, const struct report_recipient *recipients,
    size_t count, bounce_done *done, void *done_context)
{
	struct report_recipient *wanted = calloc(count, sizeof(*wanted));
	struct sending *sending = malloc(sizeof(*sending));
	struct recipients to = {0};
	struct error error = {0};
	enum bounce_result result = BOUNCE_FAILED;

	if (wanted == NULL || sending == NULL)
		goto out;
	count = keep_wanted(kind, recipients, count, wanted);
	if (count == 0) {
		result = BOUNCE_UNWANTED;
		goto out;
	}
	result = choose_recipients(context->config, original, wanted, count, &to, &error);
	if (result == BOUNCE_TOLD) {
		struct report report = {
		    .kind = kind,
		    .id = id,
		    .original = original,
		    .file = file,
		    .recipients = wanted,
		    .count = count,
		};

		*sending = (struct sending){
		    .original = id,
		    .kind = kind_name(kind, original),
		    .done = done,
		    .done_context = done_context,
		};
		if (write_and_publish(context, report, &to, sending, &error) == 0)
			sending = NULL;
		else
			result = BOUNCE_FAILED;
	}
	if (result == BOUNCE_FAILED || result == BOUNCE_UNDELIVERABLE)
		maillog_note(LOG_ERR, id, "its sender cannot be told%s%s",
		    error.text[0] != '\0' ? ": " : "", error.text);
out:
	recipients_free(&to);
	free(wanted);
	/* `sending` is gone to the syncer where the notification is on its way. */
	if (sending != NULL || result != BOUNCE_TOLD)
		done(result, 0, done_context);
	free(sending);
}
