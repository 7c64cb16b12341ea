/* SPDX-License-Identifier: ISC */
#include "queue/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/request.h"
#include "config/request_server.h"
#include "queue/connection.h"
#include "queue/flush.h"
#include "queue/held_profiles.h"
#include "queue/listener.h"
#include "queue/listing.h"
#include "queue/readers.h"
#include "queue/selection.h"
#include "queue/trial.h"

/* A reader that takes nothing for so long is dropped. */
#define LISTING_STALL_S 60

struct control {
	struct context *context;
	struct dispatch *dispatch;
	const struct health_options *status;
	void (*changed)(struct lane *lane, void *arg);
	void *arg;
	struct listener listener;
	struct request_server *server;
	struct readers *readers;
	struct flush *flush;
	struct trials *trials;
};

static void
refuse(struct request *request, int status, const char *text)
{
	struct error error;

	error_set(&error, status, "%s", text);
	request_answer_error(request, &error);
}

/* ---- the queue ---- */

static bool
is_active(uint64_t id, void *arg)
{
	const struct control *control = arg;
	const struct message *message = backlog_find(control->context->backlog, id);

	if (message == NULL)
		return false;
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->busy)
			return true;
	return false;
}

static bool
waits(uint64_t id, char *reason, size_t size, void *arg)
{
	const struct control *control = arg;
	const struct message *message = backlog_find(control->context->backlog, id);

	if (message == NULL || message->unread || message->held)
		return false;
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->lane != NULL && health_lane_waits(unit->lane, reason, size))
			return true;
	return false;
}

struct list_request {
	struct control *control;
	struct selection selection;
	bool json;
};

/* In a reader's process. */
static int
stream_listing(int fd, void *arg)
{
	const struct list_request *asked = arg;
	const struct listing_options options = {
	    .json = asked->json,
	    .selection = &asked->selection,
	    .active = is_active,
	    .waits = waits,
	    .context = asked->control,
	};
	struct error error;
	FILE *out = fdopen(fd, "w");

	if (out == NULL)
		return -1;
	(void)fprintf(out, "0 \n");
	/* Where nobody reads it to the end, nothing has failed. */
	if (listing_write(&asked->control->context->spool, &options, out, &error) < 0)
		return ferror(out) ? 0 : -1;
	/* The NUL says that it is complete. */
	(void)fputc('\0', out);
	(void)fclose(out);
	return 0;
}

static void
start_listing(struct control *control, struct request *request, struct list_request *asked)
{
	const struct timeval stall = {.tv_sec = LISTING_STALL_S};
	uid_t uid = request_uid(request);
	int fd = request_take_over(request);

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	if (readers_start(control->readers, uid, fd, stream_listing, asked) < 0)
		log_write(LOG_ERR, "qmgr", "cannot list the queue: %s", strerror(errno));
	close(fd);
}

static void
list(struct control *control, struct request *request, const char *argument)
{
	struct list_request asked = {.control = control};
	struct error error;
	/* The request's own line is gone before the listing begins. */
	char *words = strdup(argument);
	char *rest = words;

	if (words == NULL) {
		refuse(request, EX_OSERR, "out of memory");
		return;
	}
	asked.json = strcmp(strsep(&rest, " "), "json") == 0;
	if ((rest != NULL && selection_add_all(&asked.selection, rest, &error) < 0) ||
	    readers_check_room(control->readers, request_uid(request), &error) < 0)
		request_answer_error(request, &error);
	else
		start_listing(control, request, &asked);
	free(words);
}

void
control_reaped(struct control *control, pid_t pid, int status)
{
	readers_reaped(control->readers, pid, status);
}

/* ---- status ---- */

static void
tell_status(struct control *control, struct request *request, const char *format)
{
	size_t length = 0;
	char *body = strcmp(format, "json") == 0
			 ? health_json(control->context, control->status, &length)
			 : health_text(control->context, control->status, &length);

	if (body == NULL)
		refuse(request, EX_OSERR, "out of memory");
	else
		request_answer(request, body, length);
	free(body);
}

/* ---- steering ---- */

static void
flush(struct control *control, struct request *request, char *words)
{
	struct selection selection = {0};
	struct error error = {0};

	if (selection_add_all(&selection, words, &error) < 0 ||
	    (selection.count > 0 &&
		flush_selected(control->flush, &selection, request_uid(request), &error) < 0)) {
		request_answer_error(request, &error);
		return;
	}
	if (selection.count == 0)
		flush_all(control->flush);
	request_answer(request, "", 0);
}

static void
steered(int failure, uint64_t id, void *arg)
{
	struct request *request = arg;

	(void)id;
	if (failure == 0)
		request_answer(request, "", 0);
	else
		refuse(request, EX_IOERR, strerror(failure));
}

static void
steer(struct control *control, struct request *request, const char *name, bool suspend)
{
	struct context *context = control->context;
	struct error error;
	struct lane *lane;
	bool changed;

	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->profile != NULL && strcmp(lane->name, name) == 0)
		break;
	if (lane == NULL) {
		error_set(&error, EX_USAGE, "unknown profile %s", name);
		request_answer_error(request, &error);
		return;
	}
	changed = suspend
		      ? profile_state_hold(&lane->state, time(NULL))
		      : profile_state_resume(&lane->state, true, time(NULL), clock_monotonic_ms());
	if (suspend)
		connection_close_all(lane);
	else
		dispatch_probe(control->dispatch, lane);
	lane_wake(lane);
	if (changed)
		control->changed(lane, control->arg);
	if (held_profiles_write(context, &error) < 0)
		request_answer_error(request, &error);
	else if (syncer_ask(
		     context->syncer, SYNC_SYSTEM, context->spool.root, -1, steered, request) < 0)
		refuse(request, EX_OSERR, strerror(errno));
}

/* ---- requests ---- */

static void
handle(struct request *request, char *line, void *arg)
{
	struct control *control = arg;
	char *verb = strsep(&line, " ");
	char *argument = line == NULL ? strchr(verb, '\0') : line;

	if (strcmp(verb, "list") == 0) {
		list(control, request, argument);
	} else if (strcmp(verb, "status") == 0) {
		tell_status(control, request, argument);
	} else if (!request_privileged(request, getegid())) {
		refuse(request, EX_NOPERM, "not permitted");
	} else if (strcmp(verb, "flush") == 0) {
		flush(control, request, argument);
	} else if (strcmp(verb, "suspend") == 0 || strcmp(verb, "resume") == 0) {
		steer(control, request, argument, strcmp(verb, "suspend") == 0);
	} else if (strcmp(verb, "test") == 0) {
		trials_start(control->trials, request, argument);
	} else {
		refuse(request, EX_USAGE, "unknown request");
	}
}

struct control *
control_new(struct context *context, struct dispatch *dispatch, struct intake *intake,
    const struct health_options *status, void (*changed)(struct lane *lane, void *arg), void *arg,
    struct error *error)
{
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		error_set_errno(error, EX_OSERR, "cannot start");
		return NULL;
	}
	control->context = context;
	control->dispatch = dispatch;
	control->status = status;
	control->changed = changed;
	control->arg = arg;
	control->listener.fd = -1;
	control->readers = readers_new(&context->spool);
	control->flush = flush_new(context, dispatch, control->readers, intake);
	control->trials = trials_new(context, dispatch, changed, arg);
	if (control->readers == NULL || control->flush == NULL || control->trials == NULL) {
		error_set_errno(error, EX_OSERR, "cannot start");
		control_free(control);
		return NULL;
	}
	if (listener_open(&control->listener, context->config, "control", error) < 0) {
		control_free(control);
		return NULL;
	}
	control->server =
	    request_server_new(context->loop, control->listener.fd, REQUEST_MAX, handle, control);
	if (control->server == NULL) {
		error_set_errno(error, EX_OSERR, "cannot serve %s", control->listener.path);
		control_free(control);
		return NULL;
	}
	return control;
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	trials_free(control->trials);
	request_server_free(control->server);
	listener_close(&control->listener);
	flush_free(control->flush);
	readers_free(control->readers);
	free(control);
}
