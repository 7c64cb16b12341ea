/* SPDX-License-Identifier: ISC */
#include "queue/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/route.h"
#include "queue/maillog.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"

#define RECORDED "recorded in the delivered log"

static void
release(struct loaded *loaded)
{
	if (loaded == NULL)
		return;
	if (loaded->file >= 0)
		close(loaded->file);
	if (loaded->replies != NULL)
		for (size_t i = 0; i < loaded->count; i++)
			free(loaded->replies[i]);
	free(loaded->replies);
	free(loaded->lanes);
	free(loaded->fates);
	envelope_free(&loaded->envelope);
	free(loaded);
}

static enum loaded_result
open_file(
    struct context *context, struct message *message, struct loaded *loaded, struct error *error)
{
	char name[QUEUE_ID_SIZE];

	queue_id_format(message->id, name);
	loaded->file = openat(message->held ? context->spool.hold : context->spool.queue, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (loaded->file < 0) {
		error_set_errno(error, EX_OSERR, "cannot open %s", name);
		return errno == ENOENT ? LOADED_ABSENT : LOADED_FAILED;
	}
	if (envelope_read(loaded->file, &loaded->envelope, error) == 0)
		return LOADED_OK;
	if (error->status == EX_DATAERR)
		return LOADED_CORRUPT;
	return error->status == EX_UNAVAILABLE ? LOADED_NEWER : LOADED_FAILED;
}

static int
allocate(struct loaded *loaded)
{
	loaded->count = loaded->envelope.recipient_count + 1;
	loaded->fates = calloc(loaded->count, 1);
	loaded->lanes = calloc(loaded->count, sizeof(*loaded->lanes));
	loaded->replies = calloc(loaded->count, sizeof(*loaded->replies));
	return loaded->fates == NULL || loaded->lanes == NULL || loaded->replies == NULL ? -1 : 0;
}

static enum fate
fate_of(unsigned char state)
{
	switch (state) {
	case RECIPIENT_DELIVERED:
		return FATE_SENT;
	case RECIPIENT_FAILED:
		return FATE_FAILED;
	case RECIPIENT_UNTOLD:
		return FATE_UNTOLD;
	default:
		return FATE_PENDING;
	}
}

static int
apply_history(struct context *context, struct message *message, struct loaded *loaded)
{
	struct history history;

	if (history_read(&context->spool, message->id, &loaded->envelope, &history) < 0)
		return -1;
	loaded->attempts = history.attempts;
	loaded->warned = history.warned;
	loaded->next_attempt = (uint64_t)history.next_attempt;
	for (size_t i = 0; i < loaded->count && i < history.count; i++) {
		loaded->fates[i] = (unsigned char)fate_of(history.states[i]);
		loaded->replies[i] = history.replies[i];
		history.replies[i] = NULL;
	}
	history_free(&history);
	return 0;
}

static void
recalled(uint32_t index, bool failed, void *context)
{
	/* Without memory the line is applied again at the next start only; the log
	 * keeps it until then. */
	(void)message_add_final(context, index, failed);
}

static bool
is_final(enum fate fate)
{
	return fate == FATE_SENT || fate == FATE_FAILED;
}

/* The delivered log is the truth; the history may have lost its end in a crash. */
static void
apply_finals(struct context *context, struct message *message, struct loaded *loaded)
{
	delivered_recall(context->delivered, message->id, loaded->envelope.key, recalled, message);
	if (message->finals == NULL)
		return;
	for (size_t i = 0; i < message->finals->count; i++) {
		const struct final *final = &message->finals->items[i];
		/* A failure is in the log only after its sender was told. */
		const struct history_line lines[2] = {
		    {final->failed ? HISTORY_FAILED : HISTORY_DELIVERED, (long) final->index,
			RECORDED},
		    {HISTORY_BOUNCE, (long) final->index, RECORDED},
		};

		if (final->index >= loaded->count ||
		    is_final((enum fate)loaded->fates[final->index]))
			continue;
		loaded->fates[final->index] = final->failed ? FATE_FAILED : FATE_SENT;
		if (history_append(&context->spool, message->id, loaded->envelope.key,
			clock_wall_us(), lines, final->failed ? 2 : 1) < 0) {
			context->history_behind = true;
			maillog_note(LOG_WARNING, message->id, "cannot write its history: %s",
			    strerror(errno));
		}
	}
}

static void
route(struct context *context, struct loaded *loaded)
{
	const struct envelope *envelope = &loaded->envelope;

	for (size_t i = 0; i < envelope->recipient_count; i++)
		if (!is_final((enum fate)loaded->fates[i]))
			loaded->lanes[i] = context_lane(
			    context, route_choose(context->config, envelope->sender,
					 envelope->recipients[i].address, envelope->uid));
}

enum loaded_result
loaded_open(struct context *context, struct message *message, struct error *error)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	enum loaded_result result = LOADED_FAILED;

	if (loaded == NULL) {
		error_set_errno(error, EX_OSERR, "cannot read a message");
		return LOADED_FAILED;
	}
	loaded->file = -1;
	result = open_file(context, message, loaded, error);
	if (result != LOADED_OK)
		goto fail;
	if (allocate(loaded) < 0 || apply_history(context, message, loaded) < 0) {
		error_set_errno(error, EX_OSERR, "cannot read its history");
		result = LOADED_FAILED;
		goto fail;
	}
	apply_finals(context, message, loaded);
	route(context, loaded);
	message->loaded = loaded;
	return LOADED_OK;
fail:
	release(loaded);
	return result;
}

void
loaded_close(struct message *message)
{
	release(message->loaded);
	message->loaded = NULL;
}

bool
loaded_is_open(const struct loaded *loaded, size_t i)
{
	return i < loaded->envelope.recipient_count && !is_final((enum fate)loaded->fates[i]);
}

bool
loaded_has_open(const struct loaded *loaded)
{
	for (size_t i = 0; i < loaded->envelope.recipient_count; i++)
		if (loaded_is_open(loaded, i))
			return true;
	return false;
}

uint64_t
loaded_age_us(const struct loaded *loaded)
{
	uint64_t now = clock_wall_us();

	return now > loaded->envelope.received_us ? now - loaded->envelope.received_us : 0;
}

size_t
loaded_count(const struct loaded *loaded, const struct lane *lane, enum fate fate)
{
	size_t count = 0;

	for (size_t i = 0; i < loaded->envelope.recipient_count; i++)
		if (loaded->fates[i] == fate && (lane == NULL || loaded->lanes[i] == lane))
			count++;
	return count;
}

void
loaded_set_reply(struct loaded *loaded, size_t i, const char *reply)
{
	free(loaded->replies[i]);
	loaded->replies[i] = reply == NULL ? NULL : strdup(reply);
}

const char *
loaded_address(const struct loaded *loaded, const struct lane *lane, size_t i)
{
	if (i < loaded->envelope.recipient_count)
		return loaded->envelope.recipients[i].address;
	return lane->profile != NULL && lane->profile->archive != NULL ? lane->profile->archive
								       : "archive";
}
