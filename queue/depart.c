/* SPDX-License-Identifier: ISC */
#include "queue/depart.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "config/log.h"
#include "queue/loaded.h"
#include "queue/maillog.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/take.h"

void
depart_forget(struct context *context, struct message *message)
{
	struct unit *unit;

	loaded_close(message);
	while ((unit = message->units) != NULL) {
		if (unit->lane != NULL)
			lane_remove(unit->lane, unit);
		message_drop_unit(message, unit);
	}
	backlog_remove(context->backlog, message);
}

void
depart_finished(struct context *context, struct message *message)
{
	char name[QUEUE_ID_SIZE];

	queue_id_format(message->id, name);
	/* The message first: a history without message is cleaned up at the next start,
	 * a message without history would be tried again. */
	if (unlinkat(context->spool.queue, name, 0) < 0 && errno != ENOENT) {
		maillog_note(LOG_ERR, message->id, "cannot remove it: %s", strerror(errno));
	} else {
		if (history_remove(&context->spool, message->id) < 0)
			maillog_note(LOG_WARNING, message->id, "cannot remove its history: %s",
			    strerror(errno));
		maillog_removed(message->id);
	}
	depart_forget(context, message);
}

void
depart_corrupt(struct context *context, struct message *message, const char *why)
{
	char name[QUEUE_ID_SIZE];

	queue_id_format(message->id, name);
	maillog_note(LOG_ERR, message->id, "moved to corrupt/: %s", why);
	if (take_to_corrupt(&context->spool,
		message->held ? context->spool.hold : context->spool.queue, name) < 0)
		maillog_note(LOG_ERR, message->id, "cannot be moved: %s", strerror(errno));
	depart_forget(context, message);
}
