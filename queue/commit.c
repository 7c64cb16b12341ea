/* SPDX-License-Identifier: ISC */
#include "queue/commit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/log.h"

#define REPAIR_MS 10000

struct record {
	TAILQ_ENTRY(record) entry;
	commit_done *done;
	void *done_context;
	bool written; /* its lines are in the current log */
	size_t count;
	struct delivered_line lines[];
};

TAILQ_HEAD(record_list, record);

struct commit {
	struct context *context;
	struct record_list waiting; /* to be synced */
	struct record_list syncing; /* the batch the syncer works on */
	unsigned syncs;             /* answers that batch still needs */
	int failure;                /* the first errno among them */
	bool retiring;              /* a syncfs for old generations is under way */
	struct loop_timer repair;
};

static void begin_sync(struct commit *commit);
static void repair(void *context);

struct commit *
commit_new(struct context *context)
{
	struct commit *commit = calloc(1, sizeof(*commit));

	if (commit == NULL)
		return NULL;
	commit->context = context;
	TAILQ_INIT(&commit->waiting);
	TAILQ_INIT(&commit->syncing);
	loop_timer_init(&commit->repair, repair, commit);
	return commit;
}

static void
discard(struct record_list *list)
{
	struct record *record;

	while ((record = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, record, entry);
		free(record);
	}
}

void
commit_free(struct commit *commit)
{
	if (commit == NULL)
		return;
	loop_timer_cancel(commit->context->loop, &commit->repair);
	discard(&commit->waiting);
	discard(&commit->syncing);
	free(commit);
}

static void
broken(struct commit *commit, const char *why)
{
	if (!commit->context->log_broken)
		log_write(LOG_CRIT, "qmgr",
		    "results cannot be recorded, no new delivery begins until they can: %s", why);
	commit->context->log_broken = true;
	loop_timer_set(commit->context->loop, &commit->repair, REPAIR_MS);
}

static bool
write_record(struct commit *commit, struct record *record)
{
	struct error error;

	for (size_t i = 0; i < record->count; i++)
		if (delivered_append(commit->context->delivered, &record->lines[i], &error) < 0) {
			broken(commit, error.text);
			return false;
		}
	record->written = true;
	return true;
}

int
commit_record(struct commit *commit, const struct delivered_line *lines, size_t count,
    commit_done *done, void *done_context)
{
	struct record *record = malloc(sizeof(*record) + count * sizeof(*lines));

	if (record == NULL)
		return -1;
	*record = (struct record){.done = done, .done_context = done_context, .count = count};
	if (count > 0)
		memcpy(record->lines, lines, count * sizeof(*lines));
	TAILQ_INSERT_TAIL(&commit->waiting, record, entry);
	if (!commit->context->log_broken && write_record(commit, record))
		begin_sync(commit);
	return 0;
}

static void
finish_batch(struct commit *commit)
{
	struct record_list batch = TAILQ_HEAD_INITIALIZER(batch);
	struct record *record;

	/* Callbacks record more, and may begin the next batch. */
	TAILQ_CONCAT(&batch, &commit->syncing, entry);
	while ((record = TAILQ_FIRST(&batch)) != NULL) {
		TAILQ_REMOVE(&batch, record, entry);
		record->done(record->done_context);
		free(record);
	}
}

static void
retired(int failure, uint64_t id, void *arg)
{
	struct commit *commit = arg;

	(void)id;
	commit->retiring = false;
	if (failure == 0)
		delivered_retire(commit->context->delivered);
	else
		log_write(LOG_WARNING, "qmgr", "cannot sync the spool: %s", strerror(failure));
}

/*
 * A full generation may go once histories say the same, durably. Not before: while
 * headers are unread their lines are known to the log only, and where a history
 * could not be written the log is kept until the next start.
 */
static void
retire_generations(struct commit *commit)
{
	struct context *context = commit->context;

	if (commit->retiring || context->history_behind || context->unread_count > 0 ||
	    context->settling_count > 0 || !delivered_retirable(context->delivered))
		return;
	if (syncer_ask(context->syncer, SYNC_SYSTEM, context->spool.root, -1, retired, commit) == 0)
		commit->retiring = true;
}

static void
synced(int failure, uint64_t id, void *arg)
{
	struct commit *commit = arg;
	struct record *record;

	(void)id;
	if (failure != 0)
		commit->failure = failure;
	if (--commit->syncs > 0)
		return;
	if (commit->failure == 0) {
		finish_batch(commit);
		retire_generations(commit);
		begin_sync(commit);
		return;
	}
	/* What the kernel could not write once it may report as written the next time:
	 * these lines go into another generation. */
	delivered_abandon(commit->context->delivered);
	TAILQ_CONCAT(&commit->syncing, &commit->waiting, entry);
	TAILQ_CONCAT(&commit->waiting, &commit->syncing, entry);
	TAILQ_FOREACH(record, &commit->waiting, entry)
	record->written = false;
	broken(commit, strerror(commit->failure));
}

static void
ask(struct commit *commit, enum sync_operation operation, int fd)
{
	if (syncer_ask(commit->context->syncer, operation, fd, -1, synced, commit) < 0)
		commit->failure = errno;
	else
		commit->syncs++;
}

static void
begin_sync(struct commit *commit)
{
	struct delivered *delivered = commit->context->delivered;
	struct record *record;
	int previous;

	if (!TAILQ_EMPTY(&commit->syncing) || TAILQ_EMPTY(&commit->waiting) ||
	    commit->context->log_broken)
		return;
	while ((record = TAILQ_FIRST(&commit->waiting)) != NULL) {
		TAILQ_REMOVE(&commit->waiting, record, entry);
		TAILQ_INSERT_TAIL(&commit->syncing, record, entry);
	}
	commit->failure = 0;
	/* One more than asked, so that the answers cannot all come before the end. */
	commit->syncs = 1;
	while ((previous = delivered_previous(delivered)) >= 0) {
		ask(commit, SYNC_DATA, previous);
		close(previous);
	}
	if (delivered_directory_dirty(delivered))
		ask(commit, SYNC_FILE, commit->context->spool.root);
	ask(commit, SYNC_DATA, delivered_file(delivered));
	synced(commit->failure, 0, commit);
}

static void
repair(void *arg)
{
	struct commit *commit = arg;
	struct record *record;

	commit->context->log_broken = false;
	TAILQ_FOREACH(record, &commit->waiting, entry)
	if (!record->written && !write_record(commit, record))
		return;
	log_write(LOG_NOTICE, "qmgr", "results can be recorded again");
	begin_sync(commit);
}

bool
commit_is_idle(const struct commit *commit)
{
	return TAILQ_EMPTY(&commit->waiting) && TAILQ_EMPTY(&commit->syncing) && !commit->retiring;
}
