/* SPDX-License-Identifier: ISC */
#include "queue/maillog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/log.h"
#include "queue/message/header.h"
#include "queue/spool/queue_id.h"

/* Message-ID stands near the top; a header longer than this does without it. */
#define HEADER_READ_MAX 16384

/* A hundred years in seconds fit easily. */
#define DELAY_SIZE 32

static char *
read_message_id(const struct envelope *envelope, int file)
{
	char block[HEADER_READ_MAX];
	struct header_field field;
	size_t offset = 0;
	ssize_t length = pread(file, block, sizeof(block), (off_t)envelope->body_offset);

	if (length <= 0)
		return NULL;
	while (header_next(block, (size_t)length, &offset, &field)) {
		/* The empty line ends the header. */
		if (field.name_length == 0)
			break;
		if (header_is(&field, "Message-ID"))
			return header_unfold(&field);
	}
	return NULL;
}

void
maillog_taken(uint64_t id, const struct envelope *envelope, int file)
{
	char text[QUEUE_ID_SIZE];

	queue_id_format(id, text);
	log_write(LOG_INFO, "pickup", "%s: uid=%lu from=<%s>", text, (unsigned long)envelope->uid,
	    envelope->sender);
	maillog_queued(id, envelope, file);
}

void
maillog_queued(uint64_t id, const struct envelope *envelope, int file)
{
	char text[QUEUE_ID_SIZE];
	char *message_id = read_message_id(envelope, file);

	queue_id_format(id, text);
	log_write(
	    LOG_INFO, "cleanup", "%s: message-id=%s", text, message_id == NULL ? "<>" : message_id);
	log_write(LOG_INFO, "qmgr", "%s: from=<%s>, size=%llu, nrcpt=%zu (queue active)", text,
	    envelope->sender, (unsigned long long)envelope->size, envelope->recipient_count);
	free(message_id);
}

/* Two digits that matter, and never an exponent: readers take digits and points. */
static void
format_delay(double seconds, char text[DELAY_SIZE])
{
	if (seconds >= 10)
		(void)snprintf(text, DELAY_SIZE, "%.0f", seconds);
	else
		(void)snprintf(text, DELAY_SIZE, "%.2g", seconds < 0.0001 ? 0 : seconds);
}

void
maillog_delivery(uint64_t id, const struct maillog_delivery *d)
{
	char text[QUEUE_ID_SIZE];
	char sent_as[1100] = "";
	char delays[4][DELAY_SIZE];
	char delay[DELAY_SIZE];
	const char *service = d->relay == NULL ? "qmgr" : "smtp";

	/* Behind the reply: readers of Postfix's log expect relay= right after to=. */
	if (d->from != NULL && d->from[0] != '\0')
		(void)snprintf(sent_as, sizeof(sent_as), ", from=<%s>%s%s%s", d->from,
		    d->reply_to[0] != '\0' ? ", reply-to=<" : "", d->reply_to,
		    d->reply_to[0] != '\0' ? ">" : "");
	queue_id_format(id, text);
	for (size_t i = 0; i < 4; i++)
		format_delay(d->delays[i], delays[i]);
	format_delay(d->delays[0] + d->delays[1] + d->delays[2] + d->delays[3], delay);
	log_write(LOG_INFO, service,
	    "%s: to=<%s>, relay=%s, delay=%s, delays=%s/%s/%s/%s, dsn=%s, status=%s (%s%s)%s", text,
	    d->to, d->relay == NULL ? "none" : d->relay, delay, delays[0], delays[1], delays[2],
	    delays[3], d->enhanced, d->status,
	    d->expired ? "delivery time expired; the last reply was: " : "", d->reply, sent_as);
}

void
maillog_bounce(uint64_t id, const char *kind, uint64_t bounce)
{
	char text[QUEUE_ID_SIZE];
	char other[QUEUE_ID_SIZE];

	queue_id_format(id, text);
	queue_id_format(bounce, other);
	log_write(LOG_INFO, "bounce", "%s: %s notification: %s", text, kind, other);
}

void
maillog_removed(uint64_t id)
{
	char text[QUEUE_ID_SIZE];

	queue_id_format(id, text);
	log_write(LOG_INFO, "qmgr", "%s: removed", text);
}

void
maillog_renamed(uint64_t old_id, uint64_t new_id)
{
	char text[QUEUE_ID_SIZE];
	char other[QUEUE_ID_SIZE];

	queue_id_format(old_id, text);
	queue_id_format(new_id, other);
	log_write(LOG_INFO, "qmgr", "%s renamed %s", text, other);
}

void
maillog_note(int priority, uint64_t id, const char *format, ...)
{
	char line[1500];
	char text[QUEUE_ID_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	queue_id_format(id, text);
	log_write(priority, "qmgr", "%s: %s", text, line);
}
