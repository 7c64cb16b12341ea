/* SPDX-License-Identifier: ISC */
#include "queue/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "queue/message/address.h"
#include "queue/message/date.h"
#include "queue/spool/queue_id.h"

/* A larger original comes back as its header alone, unless RET=FULL asked for it. */
#define ORIGINAL_MAX (50 * 1024)
#define ORIGINAL_FULL_MAX (5 * 1024 * 1024)
#define ORIGINAL_HEADER_MAX (256 * 1024)

struct writer {
	const struct report *report;
	struct accept *accept;
	struct error *error;
	int failed;
	char boundary[48];
};

static void put(struct writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct writer *writer, const char *format, ...)
{
	char line[4096];
	va_list ap;
	int length;

	va_start(ap, format);
	length = vsnprintf(line, sizeof(line) - 2, format, ap);
	va_end(ap);
	if (length < 0 || writer->failed)
		return;
	if ((size_t)length > sizeof(line) - 3)
		length = (int)sizeof(line) - 3;
	memcpy(line + length, "\r\n", 2);
	if (accept_write(writer->accept, line, (size_t)length + 2, writer->error) < 0)
		writer->failed = 1;
}

static void
put_blank(struct writer *writer)
{
	put(writer, "%s", "");
}

static const char *
subject(enum report_kind kind)
{
	switch (kind) {
	case REPORT_FAILED:
		return "Undelivered Mail Returned to Sender";
	case REPORT_DELAYED:
		return "Delayed Mail (still being retried)";
	case REPORT_RELAYED:
		return "Mail Accepted by the Relay";
	}
	return "";
}

/* RFC 3464 2.3.3 */
static const char *
action(enum report_kind kind)
{
	switch (kind) {
	case REPORT_FAILED:
		return "failed";
	case REPORT_DELAYED:
		return "delayed";
	case REPORT_RELAYED:
		return "relayed";
	}
	return "";
}

static void
put_header(struct writer *writer)
{
	const struct report *report = writer->report;
	char date[DATE_MAX];

	date_format((time_t)(report->now_us / 1000000), date);
	put(writer, "Date: %s", date);
	put(writer, "From: Mail Delivery System <%s>", report->from);
	put(writer, "To: <%s>", report->to);
	put(writer, "Subject: %s", subject(report->kind));
	put(writer, "Message-ID: <%" PRIu64 ".%08x%08x@%s>", report->now_us, arc4random(),
	    arc4random(), report->hostname);
	put(writer, "Auto-Submitted: auto-replied");
	put(writer, "MIME-Version: 1.0");
	put(writer, "Content-Type: multipart/report; report-type=delivery-status;");
	put(writer, "\tboundary=\"%s\"", writer->boundary);
	put(writer, "Content-Transfer-Encoding: %s", report->original->eight_bit ? "8bit" : "7bit");
	put_blank(writer);
	put(writer, "This is a MIME-encapsulated message.");
	put_blank(writer);
}

static void
put_news(struct writer *writer)
{
	const struct report *report = writer->report;
	char date[DATE_MAX];

	switch (report->kind) {
	case REPORT_FAILED:
		put(writer, "Your message could not be delivered to the recipients below. It is");
		put(writer, "attached, or its header is; nobody will try to deliver it again.");
		break;
	case REPORT_DELAYED:
		date_format((time_t)(report->retry_until_us / 1000000), date);
		put(writer, "Your message could not be delivered yet to the recipients below. You");
		put(writer, "need not send it again: it is tried until %s.", date);
		break;
	case REPORT_RELAYED:
		put(writer,
		    "Your message for the recipients below is with the next mail system. You");
		put(writer, "will not hear of its delivery, which that system does not report.");
		break;
	}
}

static void
put_text(struct writer *writer)
{
	const struct report *report = writer->report;

	put(writer, "--%s", writer->boundary);
	put(writer, "Content-Description: Notification");
	put(writer, "Content-Type: text/plain; charset=utf-8");
	put_blank(writer);
	put(writer, "This is the mail system at host %s.", report->hostname);
	put_blank(writer);
	put_news(writer);
	for (size_t i = 0; i < report->count; i++) {
		const struct report_recipient *r = &report->recipients[i];

		put_blank(writer);
		if (r->expired)
			put(writer, "<%s>: the time for delivery has expired; the last reply was:",
			    r->recipient->address);
		else
			put(writer, "<%s>: %s%s%s", r->recipient->address,
			    r->remote == NULL ? "" : "the relay ",
			    r->remote == NULL ? "" : r->remote, r->remote == NULL ? "" : " said:");
		put(writer, "    %.900s", r->reply);
		if (r->advice != NULL)
			put(writer, "    What to do: %.900s", r->advice);
	}
	put_blank(writer);
}

/* The name in "host[ip]:port". */
static int
host_length(const char *relay)
{
	return (int)strcspn(relay, "[:");
}

static void
put_envelope_id(struct writer *writer, const char *envid)
{
	char decoded[256];
	size_t length = 0;

	/* RFC 3464 2.2.1 shows it decoded from xtext (RFC 3461 4). */
	for (const char *p = envid; *p != '\0' && length < sizeof(decoded) - 1; p++) {
		unsigned value;

		if (*p == '+' && sscanf(p + 1, "%2X", &value) == 1) {
			decoded[length++] = value < 0x20 || value > 0x7e ? '?' : (char)value;
			p += 2;
		} else {
			decoded[length++] = *p;
		}
	}
	decoded[length] = '\0';
	put(writer, "Original-Envelope-Id: %s", decoded);
}

static void
put_status_recipient(struct writer *writer, const struct report_recipient *r)
{
	const struct report *report = writer->report;
	char id[QUEUE_ID_SIZE];
	char date[DATE_MAX];

	put_blank(writer);
	if (r->recipient->orcpt != NULL)
		put(writer, "Original-Recipient: %s", r->recipient->orcpt);
	put(writer, "Final-Recipient: %s; %s",
	    address_is_utf8(r->recipient->address) ? "utf-8" : "rfc822", r->recipient->address);
	put(writer, "Action: %s", action(report->kind));
	put(writer, "Status: %s", r->enhanced);
	if (r->remote != NULL) {
		put(writer, "Remote-MTA: dns; %.*s", host_length(r->remote), r->remote);
		put(writer, "Diagnostic-Code: smtp; %.900s", r->reply);
	} else {
		put(writer, "Diagnostic-Code: x-postoak; %.900s", r->reply);
	}
	date_format((time_t)(report->now_us / 1000000), date);
	put(writer, "Last-Attempt-Date: %s", date);
	if (report->kind == REPORT_DELAYED) {
		date_format((time_t)(report->retry_until_us / 1000000), date);
		put(writer, "Will-Retry-Until: %s", date);
	}
	queue_id_format(report->id, id);
	put(writer, "Final-Log-ID: %s", id);
}

static void
put_status(struct writer *writer)
{
	const struct report *report = writer->report;
	char date[DATE_MAX];

	put(writer, "--%s", writer->boundary);
	put(writer, "Content-Description: Delivery report");
	put(writer, "Content-Type: message/delivery-status");
	put_blank(writer);
	put(writer, "Reporting-MTA: dns; %s", report->hostname);
	if (report->original->envid != NULL)
		put_envelope_id(writer, report->original->envid);
	date_format((time_t)(report->original->received_us / 1000000), date);
	put(writer, "Arrival-Date: %s", date);
	for (size_t i = 0; i < report->count; i++)
		put_status_recipient(writer, &report->recipients[i]);
	put_blank(writer);
}

static bool
returns_full(const struct report *report)
{
	const struct envelope *original = report->original;

	/* RFC 3461 4.3: RET is about failures. */
	if (report->kind != REPORT_FAILED || original->ret == RET_HDRS)
		return false;
	return original->size <= (original->ret == RET_FULL ? ORIGINAL_FULL_MAX : ORIGINAL_MAX);
}

/* Copy `length` octets of the original; with `header_only` up to its empty line. */
static int
copy_original(struct writer *writer, uint64_t length, bool header_only)
{
	const struct report *report = writer->report;
	uint64_t offset = report->original->body_offset;
	uint64_t end = offset + length;
	char buffer[32768];

	while (offset < end && !writer->failed) {
		size_t want =
		    end - offset < sizeof(buffer) ? (size_t)(end - offset) : sizeof(buffer);
		ssize_t got = pread(report->file, buffer, want, (off_t)offset);
		char *stop = NULL;

		if (got <= 0)
			return error_set_errno(
			    writer->error, EX_TEMPFAIL, "cannot read the original");
		if (header_only) {
			stop = memmem(buffer, (size_t)got, "\r\n\r\n", 4);
			if (stop != NULL)
				got = stop + 2 - buffer;
			else if (got > 3 && offset + (uint64_t)got < end)
				got -= 3; /* the empty line may lie across two pieces */
		}
		if (accept_write(writer->accept, buffer, (size_t)got, writer->error) < 0)
			writer->failed = 1;
		if (stop != NULL)
			break;
		offset += (uint64_t)got;
	}
	return writer->failed ? -1 : 0;
}

static int
put_original(struct writer *writer)
{
	const struct envelope *original = writer->report->original;
	bool full = returns_full(writer->report);
	uint64_t length =
	    full || original->size < ORIGINAL_HEADER_MAX ? original->size : ORIGINAL_HEADER_MAX;

	put(writer, "--%s", writer->boundary);
	put(writer, "Content-Description: %s", full ? "Undelivered Message" : "Message Headers");
	put(writer, "Content-Type: %s", full ? "message/rfc822" : "text/rfc822-headers");
	put(writer, "Content-Transfer-Encoding: %s", original->eight_bit ? "8bit" : "7bit");
	put_blank(writer);
	if (copy_original(writer, length, !full) < 0)
		return -1;
	put_blank(writer);
	put(writer, "--%s--", writer->boundary);
	return writer->failed ? -1 : 0;
}

int
report_write(const struct report *report, struct accept *accept, struct error *error)
{
	struct writer writer = {.report = report, .accept = accept, .error = error};

	(void)snprintf(writer.boundary, sizeof(writer.boundary), "postoak.%08x%08x%08x",
	    arc4random(), arc4random(), arc4random());
	put_header(&writer);
	put_text(&writer);
	put_status(&writer);
	return put_original(&writer);
}
