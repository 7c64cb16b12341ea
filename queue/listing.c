/* SPDX-License-Identifier: ISC */
#include "queue/listing.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <bsd/string.h>

#include "queue/json_text.h"
#include "queue/walk.h"

#define REASON_MAX 1200
/* The column where Postfix's listing ends its reasons. */
#define REASON_COLUMN 76

struct listing {
	const struct listing_options *options;
	FILE *out;
	const char *queue; /* the one that is listed: incoming, deferred, hold */
	size_t messages;
	uint64_t octets;
};

/* A message while it is printed. */
struct shown {
	const struct found *found;
	const char *queue;      /* incoming, active, deferred, hold */
	char waits[REASON_MAX]; /* "": the recipients' own reasons */
};

/* ---- reasons ---- */

static void
reason_of(const struct shown *shown, size_t i, char *reason, size_t size)
{
	const struct history *history = &shown->found->history;
	char when[64] = "";
	struct tm tm;

	reason[0] = '\0';
	if (shown->waits[0] != '\0') {
		strlcpy(reason, shown->waits, size);
		return;
	}
	if (i >= history->count || history->replies[i] == NULL)
		return;
	if (history->next_attempt != 0 && localtime_r(&history->next_attempt, &tm) != NULL)
		(void)strftime(when, sizeof(when), "; next attempt %Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(reason, size, "%.1000s%s", history->replies[i], when);
}

/* ---- text ---- */

static void
print_reason(FILE *out, const char *reason)
{
	int padding = REASON_COLUMN - (int)strlen(reason);

	(void)fprintf(out, "%*s(%s)\n", padding > 0 ? padding : 0, "", reason);
}

static void
print_text(const struct listing *listing, const struct shown *shown)
{
	const struct found *found = shown->found;
	time_t arrival = (time_t)(found->envelope.received_us / 1000000);
	char id[QUEUE_ID_SIZE + 1];
	char last[REASON_MAX] = "";
	char when[32] = "";
	struct tm tm;

	if (listing->messages == 0)
		(void)fprintf(listing->out, "-Queue ID-  --Size-- ----Arrival Time---- "
					    "-Sender/Recipient-------\n");
	else
		(void)fprintf(listing->out, "\n");
	(void)snprintf(id, sizeof(id), "%s%s", found->name,
	    strcmp(shown->queue, "active") == 0 ? "*"
	    : strcmp(shown->queue, "hold") == 0 ? "!"
						: "");
	if (localtime_r(&arrival, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%a %b %e %H:%M:%S", &tm);
	(void)fprintf(listing->out, "%-11s %7" PRIu64 " %-20.20s %s\n", id, found->envelope.size,
	    when, found->envelope.sender[0] == '\0' ? "MAILER-DAEMON" : found->envelope.sender);
	for (size_t i = 0; i < found->envelope.recipient_count; i++) {
		char reason[REASON_MAX];

		if (!found_is_open(found, i))
			continue;
		reason_of(shown, i, reason, sizeof(reason));
		if (reason[0] != '\0' && strcmp(reason, last) != 0)
			print_reason(listing->out, reason);
		strlcpy(last, reason, sizeof(last));
		(void)fprintf(listing->out, "%-11s %7s %-20s %s\n", "", "", "",
		    found->envelope.recipients[i].address);
	}
}

static void
print_text_end(const struct listing *listing)
{
	if (listing->messages == 0) {
		(void)fprintf(listing->out, "Mail queue is empty\n");
		return;
	}
	/* For readers of Sendmail's listing; those of Postfix's take the last line. */
	(void)fprintf(listing->out, "\t\tTotal requests: %zu\n", listing->messages);
	(void)fprintf(listing->out, "\n-- %" PRIu64 " Kbytes in %zu Request%s.\n",
	    listing->octets / 1024, listing->messages, listing->messages == 1 ? "" : "s");
}

/* ---- JSON ---- */

static void
print_json(const struct listing *listing, const struct shown *shown)
{
	const struct found *found = shown->found;
	FILE *out = listing->out;
	const char *separator = "";

	(void)fprintf(out,
	    "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", \"arrival_time\": %" PRIu64
	    ", \"message_size\": %" PRIu64 ", \"forced_expire\": false, \"sender\": ",
	    shown->queue, found->name, found->envelope.received_us / 1000000, found->envelope.size);
	json_text(out, found->envelope.sender);
	(void)fprintf(out, ", \"recipients\": [");
	for (size_t i = 0; i < found->envelope.recipient_count; i++) {
		char reason[REASON_MAX];

		if (!found_is_open(found, i))
			continue;
		(void)fprintf(out, "%s{\"address\": ", separator);
		json_text(out, found->envelope.recipients[i].address);
		reason_of(shown, i, reason, sizeof(reason));
		if (reason[0] != '\0') {
			(void)fprintf(out, ", \"delay_reason\": ");
			json_text(out, reason);
		}
		(void)fprintf(out, "}");
		separator = ", ";
	}
	(void)fprintf(out, "]}\n");
}

/* ---- the whole ---- */

static bool
show(const struct found *found, void *context)
{
	struct listing *listing = context;
	const struct listing_options *options = listing->options;
	struct shown shown = {.found = found, .queue = listing->queue};

	if (options->active != NULL && options->active(found->id, options->context))
		shown.queue = "active";
	else if (options->waits == NULL ||
		 !options->waits(found->id, shown.waits, sizeof(shown.waits), options->context))
		shown.waits[0] = '\0';
	if (options->json)
		print_json(listing, &shown);
	else
		print_text(listing, &shown);
	listing->messages++;
	listing->octets += found->envelope.size;
	return !ferror(listing->out);
}

int
listing_write(const struct spool *spool, const struct listing_options *options, FILE *out,
    struct error *error)
{
	const struct {
		int directory;
		const char *name;
	} queues[] = {
	    {spool->incoming, "incoming"},
	    {spool->queue, "deferred"},
	    {spool->hold, "hold"},
	};
	struct listing listing = {.options = options, .out = out};

	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		listing.queue = queues[i].name;
		if (walk_directory(
			spool, queues[i].directory, options->selection, show, &listing, error) < 0)
			return -1;
	}
	if (!options->json)
		print_text_end(&listing);
	if (fflush(out) != 0 || ferror(out))
		return error_set_errno(error, EX_IOERR, "cannot write");
	return 0;
}
