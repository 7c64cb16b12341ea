/* SPDX-License-Identifier: ISC */
#include "queue/control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "config/log.h"
#include "config/request_server.h"
#include "queue/connection.h"
#include "queue/held_profiles.h"
#include "queue/keep_descriptors.h"
#include "queue/listing.h"

/* A reader that takes nothing for so long is dropped. */
#define LISTING_STALL_S 60
#define LISTINGS_MAX 32
#define LISTINGS_A_UID 4

/* A child that lists. */
struct listing {
	pid_t pid; /* 0: free */
	uid_t uid; /* for whom */
};

struct control {
	struct context *context;
	struct dispatch *dispatch;
	const struct health_options *status;
	void (*changed)(struct lane *lane, void *arg);
	void *arg;
	int listener;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct request_server *server;
	struct listing listings[LISTINGS_MAX];
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

/* The child has the runner's memory as it was: it can take all the time it wants. */
static _Noreturn void
stream_listing(struct control *control, int fd, bool json)
{
	const struct listing_options options = {
	    .json = json,
	    .active = is_active,
	    .waits = waits,
	    .context = control,
	};
	const struct spool *spool = &control->context->spool;
	const int kept[] = {spool->incoming, spool->queue, spool->hold, spool->history, fd};
	struct error error;
	sigset_t none;
	FILE *out = fdopen(fd, "w");

	(void)prctl(PR_SET_NAME, "postoak-list");
	keep_descriptors(kept, sizeof(kept) / sizeof(kept[0]));
	/* Nothing is lost when it is told to end. */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (out == NULL || fprintf(out, "0 \n") < 0 ||
	    listing_write(spool, &options, out, &error) < 0)
		_exit(1);
	/* The NUL says that it is complete. */
	if (fputc('\0', out) == EOF || fclose(out) != 0)
		_exit(1);
	_exit(0);
}

/* A place for another listing; null where there are too many, in all or for `uid`. */
static struct listing *
free_listing(struct control *control, uid_t uid)
{
	struct listing *found = NULL;
	size_t same = 0;

	for (size_t i = 0; i < LISTINGS_MAX; i++) {
		struct listing *listing = &control->listings[i];

		if (listing->pid == 0)
			found = listing;
		else if (listing->uid == uid)
			same++;
	}
	return uid != 0 && same >= LISTINGS_A_UID ? NULL : found;
}

static void
list(struct control *control, struct request *request, const char *format)
{
	const struct timeval stall = {.tv_sec = LISTING_STALL_S};
	struct listing *listing = free_listing(control, request_uid(request));
	bool json = strcmp(format, "json") == 0;
	pid_t pid;
	int fd;

	if (listing == NULL) {
		refuse(request, EX_TEMPFAIL, "too many listings at a time, try again later");
		return;
	}
	listing->uid = request_uid(request);
	/* The request is gone with this, and its line. */
	fd = request_take_over(request);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	pid = fork();
	if (pid == 0)
		stream_listing(control, fd, json);
	if (pid > 0)
		listing->pid = pid;
	else
		log_write(LOG_ERR, "qmgr", "cannot list the queue: %s", strerror(errno));
	close(fd);
}

void
control_reaped(struct control *control, pid_t pid)
{
	for (size_t i = 0; i < LISTINGS_MAX; i++)
		if (control->listings[i].pid == pid)
			control->listings[i].pid = 0;
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
due_now(struct heap *heap, uint64_t now)
{
	/* What was ordered by time stays in order when the later ones become equal. */
	for (size_t i = 1; i <= heap->count; i++)
		if (heap->nodes[i]->due > now)
			heap->nodes[i]->due = now;
}

static void
flush(struct control *control, struct request *request)
{
	struct context *context = control->context;
	uint64_t now = clock_monotonic_ms();
	struct lane *lane;

	due_now(&context->unread, now);
	loop_timer_set(context->loop, &context->reading, 0);
	LIST_FOREACH(lane, &context->lanes, entry)
	{
		due_now(&lane->waiting, now);
		if (lane->profile != NULL && lane->state.condition != CONDITION_READY)
			dispatch_probe(control->dispatch, lane);
		(void)profile_state_resume(&lane->state, false, time(NULL), now);
		lane_wake(lane);
	}
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
	const char *argument = line == NULL ? "" : line;

	if (strcmp(verb, "list") == 0) {
		list(control, request, argument);
	} else if (strcmp(verb, "status") == 0) {
		tell_status(control, request, argument);
	} else if (!request_privileged(request, getegid())) {
		refuse(request, EX_NOPERM, "not permitted");
	} else if (strcmp(verb, "flush") == 0) {
		flush(control, request);
	} else if (strcmp(verb, "suspend") == 0 || strcmp(verb, "resume") == 0) {
		steer(control, request, argument, strcmp(verb, "suspend") == 0);
	} else {
		refuse(request, EX_USAGE, "unknown request");
	}
}

static int
bind_socket(struct control *control, struct error *error)
{
	const char *runtime = control->context->config->directories.runtime;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int failed;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", runtime) >=
	    (int)sizeof(address.sun_path))
		return error_set(
		    error, EX_CONFIG, "%s/control: too long for a socket's name", runtime);
	strlcpy(control->path, address.sun_path, sizeof(control->path));
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->listener < 0)
		return error_set_errno(error, EX_OSERR, "cannot make a socket");
	(void)unlink(control->path);
	mask = umask(0111);
	failed = bind(control->listener, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (failed < 0 || listen(control->listener, 64) < 0)
		return error_set_errno(error, EX_CANTCREAT, "cannot bind %s", control->path);
	return 0;
}

struct control *
control_new(struct context *context, struct dispatch *dispatch, const struct health_options *status,
    void (*changed)(struct lane *lane, void *arg), void *arg, struct error *error)
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
	control->listener = -1;
	if (bind_socket(control, error) < 0) {
		control_free(control);
		return NULL;
	}
	control->server = request_server_new(context->loop, control->listener, handle, control);
	if (control->server == NULL) {
		error_set_errno(error, EX_OSERR, "cannot serve %s", control->path);
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
	request_server_free(control->server);
	if (control->listener >= 0) {
		close(control->listener);
		(void)unlink(control->path);
	}
	free(control);
}
