/* SPDX-License-Identifier: ISC */
#include "sendmail/complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/text_stream.h"
#include "queue/message/date.h"
#include "queue/message/header.h"
#include "sendmail/qualify.h"
#include "sendmail/sender.h"

#define RESENT "Resent-"

/* What matters of the fields a header has, as bits. */
enum {
	HAS_DATE = 1 << 0,
	HAS_FROM = 1 << 1,
	HAS_MESSAGE_ID = 1 << 2,
	HAS_RECIPIENTS = 1 << 3, /* ones that may be seen */
	HAS_RESENT = 1 << 4,
	HAS_RESENT_DATE = 1 << 5,
	HAS_RESENT_FROM = 1 << 6,
	HAS_RESENT_MESSAGE_ID = 1 << 7,
};

/* The fields this module knows; all others pass. */
static const struct rule {
	const char *name;
	bool drop;
	bool needs_content; /* dropped where it is empty, so that a good one is added */
	bool addresses;
	unsigned has;
} rules[] = {
    {"Bcc", .drop = true},
    {"Resent-Bcc", .drop = true, .has = HAS_RESENT},
    {"Return-Path", .drop = true},
    {"Content-Length", .drop = true},
    {"Date", .needs_content = true, .has = HAS_DATE},
    {"From", .needs_content = true, .addresses = true, .has = HAS_FROM},
    {"Message-ID", .needs_content = true, .has = HAS_MESSAGE_ID},
    {"To", .addresses = true, .has = HAS_RECIPIENTS},
    {"Cc", .addresses = true, .has = HAS_RECIPIENTS},
    {"Sender", .addresses = true},
    {"Reply-To", .addresses = true},
    {"Resent-Date", .has = HAS_RESENT | HAS_RESENT_DATE},
    {"Resent-From", .addresses = true, .has = HAS_RESENT | HAS_RESENT_FROM},
    {"Resent-Message-ID", .has = HAS_RESENT | HAS_RESENT_MESSAGE_ID},
    {"Resent-To", .addresses = true, .has = HAS_RESENT | HAS_RECIPIENTS},
    {"Resent-Cc", .addresses = true, .has = HAS_RESENT | HAS_RECIPIENTS},
    {"Resent-Sender", .addresses = true, .has = HAS_RESENT},
    {"Resent-Reply-To", .addresses = true, .has = HAS_RESENT},
};

static const struct rule *
find_rule(const struct header_field *field)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (header_is(field, rules[i].name))
			return &rules[i];
	}
	return NULL;
}

static bool
is_blank(const struct header_field *field)
{
	for (size_t i = 0; i < field->body_length; i++) {
		if (strchr(" \t\r\n", field->body[i]) == NULL)
			return false;
	}
	return true;
}

static bool
is_dropped(const struct rule *rule, const struct header_field *field)
{
	return rule != NULL && (rule->drop || (rule->needs_content && is_blank(field)));
}

static unsigned
survey(const char *header, size_t length)
{
	struct header_field field;
	size_t offset = 0;
	unsigned has = 0;

	while (header_next(header, length, &offset, &field)) {
		const struct rule *rule = find_rule(&field);

		if (rule != NULL && (rule->drop || !is_dropped(rule, &field)))
			has |= rule->has;
	}
	return has;
}

static void
copy_field(const struct completion *completion, const struct header_field *field, FILE *out)
{
	const struct rule *rule = find_rule(field);

	if (completion->strip_only ? rule != NULL && rule->drop : is_dropped(rule, field))
		return;
	/* "To :" may be read but not sent (RFC 5322 4.5): there are relays that see no
	 * field in it, and so the header's end. */
	fwrite(field->start, 1, field->name_length, out);
	fputc(':', out);
	if (completion->strip_only || rule == NULL || !rule->addresses)
		fwrite(field->body, 1, field->body_length, out);
	else
		qualify_addresses(field->body, field->body_length, completion->mail_name, out);
	fputs("\r\n", out);
}

static void
add_date(const struct completion *completion, const char *prefix, FILE *out)
{
	char date[DATE_MAX];

	date_format(completion->now, date);
	fprintf(out, "%sDate: %s\r\n", prefix, date);
}

static void
add_message_id(const struct completion *completion, const char *prefix, FILE *out)
{
	/* Both may be added to one message, and ids name one thing each. */
	const char *suffix = *prefix != '\0' ? ".resent" : "";

	fprintf(out, "%sMessage-ID: <%s%s@%s>\r\n", prefix, completion->unique, suffix,
	    completion->hostname);
}

static int
add_from(const struct completion *completion, const char *prefix, FILE *out)
{
	char *name;
	char *phrase;

	if (*completion->sender == '\0') {
		fprintf(out, "%sFrom: Mail Delivery System <MAILER-DAEMON@%s>\r\n", prefix,
		    completion->mail_name);
		return 0;
	}
	/* Only now: the password file may be a slow directory service. */
	name = sender_full_name(completion->full_name);
	if (name == NULL) {
		fprintf(out, "%sFrom: %s\r\n", prefix, completion->sender);
		return 0;
	}
	phrase = header_encode_phrase(name);
	free(name);
	if (phrase == NULL)
		return -1;
	fprintf(out, "%sFrom: %s <%s>\r\n", prefix, phrase, completion->sender);
	free(phrase);
	return 0;
}

/* RFC 5322 3.6.6: the resent fields stand together, before everything else. */
static int
add_resent(const struct completion *completion, unsigned has, FILE *out)
{
	if ((has & HAS_RESENT_DATE) == 0)
		add_date(completion, RESENT, out);
	if ((has & HAS_RESENT_FROM) == 0 && add_from(completion, RESENT, out) < 0)
		return -1;
	if ((has & HAS_RESENT_MESSAGE_ID) == 0)
		add_message_id(completion, RESENT, out);
	return 0;
}

static int
add_missing(const struct completion *completion, unsigned has, FILE *out)
{
	if ((has & HAS_DATE) == 0)
		add_date(completion, "", out);
	if ((has & HAS_FROM) == 0 && add_from(completion, "", out) < 0)
		return -1;
	if ((has & HAS_MESSAGE_ID) == 0)
		add_message_id(completion, "", out);
	if ((has & HAS_RECIPIENTS) == 0)
		fputs("To: undisclosed-recipients:;\r\n", out);
	return 0;
}

static int
write_completed(const struct completion *completion, const char *header, size_t length, FILE *out)
{
	bool add = !completion->strip_only;
	unsigned has = survey(header, length);
	struct header_field field;
	size_t offset = 0;

	if (add && (has & HAS_RESENT) != 0 && add_resent(completion, has, out) < 0)
		return -1;
	while (header_next(header, length, &offset, &field))
		copy_field(completion, &field, out);
	return add ? add_missing(completion, has, out) : 0;
}

char *
complete_header(const struct completion *completion, const char *header, size_t length,
    size_t *completed_length)
{
	char *completed = NULL;
	FILE *out = text_stream_open(&completed, completed_length);
	int result;

	if (out == NULL)
		return NULL;
	result = write_completed(completion, header, length, out);
	if (fclose(out) != 0 || result < 0) {
		free(completed);
		return NULL;
	}
	return completed;
}
