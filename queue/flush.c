/* SPDX-License-Identifier: ISC */
#include "queue/flush.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/clock.h"
#include "queue/reading.h"
#include "queue/walk.h"

/* Ids in a packet, which is what a turn of the loop deals with; their headers may have
 * to be read. */
#define BATCH 100

struct flush {
	struct context *context;
	struct dispatch *dispatch;
	struct readers *readers;
	struct intake *intake;
	uint64_t searches; /* begun so far */
};

/* ---- the lanes ---- */

static void
probe(struct flush *flush, struct lane *lane, uint64_t now)
{
	if (lane->profile != NULL && lane->state.condition != CONDITION_READY)
		dispatch_probe(flush->dispatch, lane);
	(void)profile_state_resume(&lane->state, false, time(NULL), now);
}

static void
due_now(struct heap *heap, uint64_t now)
{
	/* What was ordered by time stays in order when the later ones become equal. */
	for (size_t i = 1; i <= heap->count; i++)
		if (heap->nodes[i]->due > now)
			heap->nodes[i]->due = now;
}

void
flush_all(struct flush *flush)
{
	struct context *context = flush->context;
	uint64_t now = clock_monotonic_ms();
	struct lane *lane;

	intake_look(flush->intake);
	due_now(&context->unread, now);
	loop_timer_set(context->loop, &context->reading, 0);
	LIST_FOREACH(lane, &context->lanes, entry)
	{
		due_now(&lane->waiting, now);
		probe(flush, lane, now);
		lane_wake(lane);
	}
}

/* ---- the reader, which searches ---- */

struct batch {
	int fd;
	uint64_t ids[BATCH];
	size_t count;
	bool failed; /* the runner is gone */
};

static void
send_batch(struct batch *batch)
{
	const size_t length = batch->count * sizeof(batch->ids[0]);

	if (length > 0 && send(batch->fd, batch->ids, length, MSG_NOSIGNAL) != (ssize_t)length)
		batch->failed = true;
	batch->count = 0;
}

static bool
add_to_batch(const struct found *found, void *arg)
{
	struct batch *batch = arg;

	batch->ids[batch->count++] = found->id;
	if (batch->count == BATCH)
		send_batch(batch);
	return !batch->failed;
}

struct query {
	const struct spool *spool;
	const struct selection *selection;
};

static int
run_query(int fd, void *arg)
{
	const struct query *query = arg;
	struct batch batch = {.fd = fd};
	struct error error;

	if (walk_directory(query->spool, query->spool->queue, query->selection, add_to_batch,
		&batch, &error) < 0)
		return -1;
	send_batch(&batch);
	return 0;
}

/* ---- the runner, which acts on what is found ---- */

struct search {
	struct flush *flush;
	uint64_t number; /* lanes remember it, to be probed once */
};

static void
hurry(const struct search *search, uint64_t id, uint64_t now)
{
	struct context *context = search->flush->context;
	struct message *message = backlog_find(context->backlog, id);

	/* What is not read yet waits for nobody knows which profile. */
	if (message != NULL && message->unread && !message->held) {
		reading_now(context, message);
		message = backlog_find(context->backlog, id);
	}
	if (message == NULL || message->held)
		return;
	for (struct unit *unit = message->units; unit != NULL; unit = unit->next) {
		struct lane *lane = unit->lane;

		if (lane == NULL)
			continue;
		lane_hurry(lane, unit, now);
		if (lane->search != search->number)
			probe(search->flush, lane, now);
		lane->search = search->number;
		lane_wake(lane);
	}
}

static void
finish(struct search *search, int fd)
{
	loop_forget(search->flush->context->loop, fd);
	close(fd);
	free(search);
}

static void
found_some(int fd, uint32_t events, void *arg)
{
	struct search *search = arg;
	uint64_t now = clock_monotonic_ms();
	uint64_t ids[BATCH];
	ssize_t got;

	(void)events;
	got = recv(fd, ids, sizeof(ids), 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0 || search->flush->context->stopping) {
		finish(search, fd);
		return;
	}
	for (size_t i = 0; i < (size_t)got / sizeof(ids[0]); i++)
		hurry(search, ids[i], now);
}

static int
start_reader(struct flush *flush, const struct selection *selection, uid_t uid, int fd)
{
	struct query query = {.spool = &flush->context->spool, .selection = selection};

	return readers_start(flush->readers, uid, fd, run_query, &query);
}

int
flush_selected(
    struct flush *flush, const struct selection *selection, uid_t uid, struct error *error)
{
	struct loop *loop = flush->context->loop;
	struct search *search;
	int pair[2];

	if (readers_check_room(flush->readers, uid, error) < 0)
		return -1;
	intake_look(flush->intake);
	search = calloc(1, sizeof(*search));
	if (search == NULL || channel_pair(pair) < 0) {
		free(search);
		return error_set_errno(error, EX_OSERR, "cannot search the queue");
	}
	*search = (struct search){.flush = flush, .number = ++flush->searches};
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	if (loop_watch(loop, pair[0], EPOLLIN, found_some, search) < 0 ||
	    start_reader(flush, selection, uid, pair[1]) < 0) {
		error_set_errno(error, EX_OSERR, "cannot search the queue");
		close(pair[1]);
		finish(search, pair[0]);
		return -1;
	}
	close(pair[1]);
	return 0;
}

struct flush *
flush_new(struct context *context, struct dispatch *dispatch, struct readers *readers,
    struct intake *intake)
{
	struct flush *flush = calloc(1, sizeof(*flush));

	if (flush != NULL)
		*flush = (struct flush){
		    .context = context, .dispatch = dispatch, .readers = readers, .intake = intake};
	return flush;
}

void
flush_free(struct flush *flush)
{
	free(flush);
}
