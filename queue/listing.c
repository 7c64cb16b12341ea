/* SPDX-License-Identifier: ISC */
#include "queue/listing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "queue/json_text.h"
#include "queue/spool/envelope.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"

#define REASON_MAX 1200
/* The column where Postfix's listing ends its reasons. */
#define REASON_COLUMN 76

struct ids {
	uint64_t *items;
	size_t count;
	size_t capacity;
	bool failed;
};

struct walk {
	const struct spool *spool;
	const struct listing_options *options;
	FILE *out;
	size_t messages;
	uint64_t octets;
};

/* A message while it is printed. */
struct shown {
	uint64_t id;
	char name[QUEUE_ID_SIZE];
	const char *queue; /* incoming, active, deferred, hold */
	struct envelope envelope;
	struct history history;
	char waits[REASON_MAX]; /* "": the recipients' own reasons */
};

/* ---- the names, in order ---- */

static void
collect(uint64_t id, void *context)
{
	struct ids *ids = context;

	if (ids->count == ids->capacity) {
		size_t capacity = ids->capacity == 0 ? 256 : ids->capacity * 2;
		uint64_t *items = reallocarray(ids->items, capacity, sizeof(*items));

		if (items == NULL) {
			ids->failed = true;
			return;
		}
		ids->items = items;
		ids->capacity = capacity;
	}
	ids->items[ids->count++] = id;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* ---- reasons ---- */

static void
reason_of(const struct shown *shown, size_t i, char *reason, size_t size)
{
	char when[64] = "";
	struct tm tm;

	reason[0] = '\0';
	if (shown->waits[0] != '\0') {
		strlcpy(reason, shown->waits, size);
		return;
	}
	if (i >= shown->history.count || shown->history.replies[i] == NULL)
		return;
	if (shown->history.next_attempt != 0 &&
	    localtime_r(&shown->history.next_attempt, &tm) != NULL)
		(void)strftime(when, sizeof(when), "; next attempt %Y-%m-%d %H:%M:%S", &tm);
	(void)snprintf(reason, size, "%.1000s%s", shown->history.replies[i], when);
}

static bool
is_open(const struct shown *shown, size_t i)
{
	return i >= shown->history.count || (shown->history.states[i] != RECIPIENT_DELIVERED &&
						shown->history.states[i] != RECIPIENT_FAILED);
}

/* ---- text ---- */

static void
print_reason(FILE *out, const char *reason)
{
	int padding = REASON_COLUMN - (int)strlen(reason);

	(void)fprintf(out, "%*s(%s)\n", padding > 0 ? padding : 0, "", reason);
}

static void
print_text(const struct walk *walk, const struct shown *shown)
{
	time_t arrival = (time_t)(shown->envelope.received_us / 1000000);
	char id[QUEUE_ID_SIZE + 1];
	char last[REASON_MAX] = "";
	char when[32] = "";
	struct tm tm;

	if (walk->messages == 0)
		(void)fprintf(walk->out, "-Queue ID-  --Size-- ----Arrival Time---- "
					 "-Sender/Recipient-------\n");
	else
		(void)fprintf(walk->out, "\n");
	(void)snprintf(id, sizeof(id), "%s%s", shown->name,
	    strcmp(shown->queue, "active") == 0 ? "*"
	    : strcmp(shown->queue, "hold") == 0 ? "!"
						: "");
	if (localtime_r(&arrival, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%a %b %e %H:%M:%S", &tm);
	(void)fprintf(walk->out, "%-11s %7" PRIu64 " %-20.20s %s\n", id, shown->envelope.size, when,
	    shown->envelope.sender[0] == '\0' ? "MAILER-DAEMON" : shown->envelope.sender);
	for (size_t i = 0; i < shown->envelope.recipient_count; i++) {
		char reason[REASON_MAX];

		if (!is_open(shown, i))
			continue;
		reason_of(shown, i, reason, sizeof(reason));
		if (reason[0] != '\0' && strcmp(reason, last) != 0)
			print_reason(walk->out, reason);
		strlcpy(last, reason, sizeof(last));
		(void)fprintf(walk->out, "%-11s %7s %-20s %s\n", "", "", "",
		    shown->envelope.recipients[i].address);
	}
}

static void
print_text_end(const struct walk *walk)
{
	if (walk->messages == 0) {
		(void)fprintf(walk->out, "Mail queue is empty\n");
		return;
	}
	/* For readers of Sendmail's listing; those of Postfix's take the last line. */
	(void)fprintf(walk->out, "\t\tTotal requests: %zu\n", walk->messages);
	(void)fprintf(walk->out, "\n-- %" PRIu64 " Kbytes in %zu Request%s.\n", walk->octets / 1024,
	    walk->messages, walk->messages == 1 ? "" : "s");
}

/* ---- JSON ---- */

static void
print_json(const struct walk *walk, const struct shown *shown)
{
	FILE *out = walk->out;
	const char *separator = "";

	(void)fprintf(out,
	    "{\"queue_name\": \"%s\", \"queue_id\": \"%s\", \"arrival_time\": %" PRIu64
	    ", \"message_size\": %" PRIu64 ", \"forced_expire\": false, \"sender\": ",
	    shown->queue, shown->name, shown->envelope.received_us / 1000000, shown->envelope.size);
	json_text(out, shown->envelope.sender);
	(void)fprintf(out, ", \"recipients\": [");
	for (size_t i = 0; i < shown->envelope.recipient_count; i++) {
		char reason[REASON_MAX];

		if (!is_open(shown, i))
			continue;
		(void)fprintf(out, "%s{\"address\": ", separator);
		json_text(out, shown->envelope.recipients[i].address);
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

/* ---- the walk ---- */

static int
read_shown(const struct walk *walk, int directory, struct shown *shown)
{
	struct error error;
	int result = -1;
	int file;

	queue_id_format(shown->id, shown->name);
	file = openat(directory, shown->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return -1;
	if (envelope_read(file, &shown->envelope, &error) == 0) {
		if (history_read(walk->spool, shown->id, &shown->envelope, &shown->history) == 0)
			result = 0;
		else
			envelope_free(&shown->envelope);
	}
	close(file);
	return result;
}

static void
show(struct walk *walk, int directory, const char *queue, uint64_t id)
{
	const struct listing_options *options = walk->options;
	struct shown shown = {.id = id, .queue = queue};

	if (read_shown(walk, directory, &shown) < 0)
		return;
	if (options->active != NULL && options->active(id, options->context))
		shown.queue = "active";
	else if (options->waits == NULL ||
		 !options->waits(id, shown.waits, sizeof(shown.waits), options->context))
		shown.waits[0] = '\0';
	if (options->json)
		print_json(walk, &shown);
	else
		print_text(walk, &shown);
	walk->messages++;
	walk->octets += shown.envelope.size;
	history_free(&shown.history);
	envelope_free(&shown.envelope);
}

static int
show_directory(struct walk *walk, int directory, const char *queue, struct error *error)
{
	struct ids ids = {0};
	int result = -1;

	if (spool_scan(directory, collect, NULL, &ids) < 0)
		error_set_errno(error, EX_IOERR, "cannot read the spool");
	else if (ids.failed)
		error_set(error, EX_OSERR, "out of memory");
	else
		result = 0;
	if (result == 0 && ids.count > 0) {
		qsort(ids.items, ids.count, sizeof(*ids.items), compare);
		for (size_t i = 0; i < ids.count && !ferror(walk->out); i++)
			show(walk, directory, queue, ids.items[i]);
	}
	free(ids.items);
	return result;
}

int
listing_write(const struct spool *spool, const struct listing_options *options, FILE *out,
    struct error *error)
{
	struct walk walk = {.spool = spool, .options = options, .out = out};

	if (show_directory(&walk, spool->incoming, "incoming", error) < 0 ||
	    show_directory(&walk, spool->queue, "deferred", error) < 0 ||
	    show_directory(&walk, spool->hold, "hold", error) < 0)
		return -1;
	if (!options->json)
		print_text_end(&walk);
	if (fflush(out) != 0 || ferror(out))
		return error_set_errno(error, EX_IOERR, "cannot write");
	return 0;
}
