/* SPDX-License-Identifier: ISC */
#include "queue/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/clock.h"
#include "config/log.h"
#include "queue/maillog.h"
#include "queue/reading.h"
#include "queue/spool/history.h"
#include "queue/spool/queue_id.h"
#include "queue/spool/take.h"

#define SCAN_MS 30000
#define DATAGRAMS_A_TURN 50
#define LOOK_AGAIN_MS ((TAKE_AGE + 1) * 1000)

struct intake {
	struct context *context;
	int socket;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct loop_timer scan;
	size_t young; /* seen by the last scan, to be taken later */
	size_t newer; /* since then: of a higher version, left there */
};

/* ---- adding ---- */

/* Wall clock seconds as a time of the monotonic clock; 0: now. */
static uint64_t
due_at(const struct context *context, time_t when)
{
	uint64_t now_ms = clock_monotonic_ms();
	int64_t ahead = (int64_t)when - (int64_t)(clock_wall_us() / 1000000);

	/* A time that the schedule could not have made comes from a clock that was wrong;
	 * one pass tries everything. */
	if (when == 0 || ahead <= 0 || context->one_pass ||
	    ahead > (int64_t)context->config->queue.retry_maximum * 6 / 5)
		return now_ms;
	return now_ms + (uint64_t)ahead * 1000;
}

static struct message *
add(const struct intake *intake, uint64_t id, uint64_t due)
{
	struct context *context = intake->context;
	struct message *message;

	if (backlog_find(context->backlog, id) != NULL)
		return NULL;
	message = backlog_add(context->backlog, id);
	if (message == NULL || (due != UINT64_MAX && reading_add(context, message, due) < 0)) {
		if (message != NULL)
			backlog_remove(context->backlog, message);
		maillog_note(LOG_ERR, id, "out of memory; it waits for the next start");
		return NULL;
	}
	return message;
}

void
intake_add(struct intake *intake, uint64_t id)
{
	(void)add(intake, id, clock_monotonic_ms());
}

/* ---- taking out of incoming/ ---- */

static void
log_taken(const struct intake *intake, uint64_t id, const struct envelope *envelope)
{
	char name[QUEUE_ID_SIZE];
	int file;

	queue_id_format(id, name);
	file = openat(intake->context->spool.queue, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	maillog_taken(id, envelope, file);
	if (file >= 0)
		close(file);
}

static void
take(struct intake *intake, uint64_t id, bool only_old)
{
	struct envelope envelope = {0};
	struct error error;
	uint64_t old_id = id;

	switch (take_message(&intake->context->spool, &id, only_old, &envelope, &error)) {
	case TAKE_OK:
		if (id != old_id)
			maillog_renamed(old_id, id);
		log_taken(intake, id, &envelope);
		envelope_free(&envelope);
		intake_add(intake, id);
		break;
	case TAKE_YOUNG:
		intake->young++;
		break;
	case TAKE_ABSENT:
		break;
	case TAKE_NEWER:
		intake->newer++;
		intake->context->newer_count++;
		maillog_note(LOG_ERR, old_id, "stays in incoming/: %s", error.text);
		break;
	case TAKE_CORRUPT:
		maillog_note(LOG_ERR, old_id, "moved to corrupt/: %s", error.text);
		break;
	case TAKE_FAILED:
		maillog_note(LOG_WARNING, old_id, "cannot be taken now: %s", error.text);
		break;
	}
}

static void
take_found(uint64_t id, void *arg)
{
	take(arg, id, true);
}

static void
scan(void *arg)
{
	struct intake *intake = arg;
	struct context *context = intake->context;

	if (context->stopping)
		return;
	intake->young = 0;
	context->newer_count -= intake->newer;
	intake->newer = 0;
	if (spool_scan(context->spool.incoming, take_found, NULL, intake) < 0)
		log_write(LOG_WARNING, "pickup", "cannot read incoming/: %s", strerror(errno));
	take_sweep(&context->spool);
	/* What is too young now is old enough soon; nobody may have told us of it. */
	loop_timer_set(context->loop, &intake->scan, intake->young > 0 ? 1000 : SCAN_MS);
}

static void
notified(int fd, uint32_t events, void *arg)
{
	struct intake *intake = arg;
	unsigned count = 0;

	(void)events;
	for (; count < DATAGRAMS_A_TURN; count++) {
		char text[QUEUE_ID_SIZE + 1];
		ssize_t got = recv(fd, text, sizeof(text), MSG_DONTWAIT);
		uint64_t id;

		if (got < 0)
			break;
		if (got != QUEUE_ID_SIZE - 1 || intake->context->stopping)
			continue;
		text[got] = '\0';
		if (queue_id_parse(text, &id))
			take(intake, id, false);
	}
	/* Where several came at once, the socket may have been full for others, whose mail
	 * is taken by a scan as soon as it is old enough. */
	if (count > 1 && !intake->context->stopping &&
	    intake->scan.deadline > clock_monotonic_ms() + LOOK_AGAIN_MS)
		loop_timer_set(intake->context->loop, &intake->scan, LOOK_AGAIN_MS);
}

/* ---- the socket ---- */

static bool
is_our_user(const char *user)
{
	const struct passwd *passwd = getpwnam(user);

	return passwd != NULL && passwd->pw_uid == geteuid();
}

static int
bind_socket(struct intake *intake, struct error *error)
{
	const struct config *config = intake->context->config;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct group *group;
	mode_t mask;
	int failed;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify",
		config->directories.runtime) >= (int)sizeof(address.sun_path))
		return error_set(error, EX_CONFIG, "%s/notify: too long for a socket's name",
		    config->directories.runtime);
	strlcpy(intake->path, address.sun_path, sizeof(intake->path));
	intake->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (intake->socket < 0)
		return error_set_errno(error, EX_OSERR, "cannot make a socket");
	(void)unlink(intake->path);
	mask = umask(0157);
	failed = bind(intake->socket, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (failed < 0)
		return error_set_errno(error, EX_CANTCREAT, "cannot bind %s", intake->path);
	/* Where the group cannot be given, sendmail's datagrams are lost: harmless, the
	 * scan finds the mail, but worth mending where we run as we should. */
	group = getgrnam(config->submit_group);
	if (group != NULL && chown(intake->path, (uid_t)-1, group->gr_gid) < 0 &&
	    (errno != EPERM || is_our_user(config->user)))
		log_write(LOG_WARNING, "pickup", "cannot give %s to group %s: %s", intake->path,
		    config->submit_group, strerror(errno));
	return 0;
}

struct intake *
intake_new(struct context *context, struct error *error)
{
	struct intake *intake = calloc(1, sizeof(*intake));

	if (intake == NULL) {
		error_set_errno(error, EX_OSERR, "cannot start");
		return NULL;
	}
	intake->context = context;
	intake->socket = -1;
	loop_timer_init(&intake->scan, scan, intake);
	if (bind_socket(intake, error) < 0) {
		intake_free(intake);
		return NULL;
	}
	if (loop_watch(context->loop, intake->socket, EPOLLIN, notified, intake) < 0) {
		error_set_errno(error, EX_OSERR, "cannot listen on %s", intake->path);
		intake_free(intake);
		return NULL;
	}
	return intake;
}

void
intake_free(struct intake *intake)
{
	if (intake == NULL)
		return;
	loop_timer_cancel(intake->context->loop, &intake->scan);
	if (intake->socket >= 0) {
		loop_forget(intake->context->loop, intake->socket);
		close(intake->socket);
		(void)unlink(intake->path);
	}
	free(intake);
}

void
intake_look(struct intake *intake)
{
	loop_timer_set(intake->context->loop, &intake->scan, 0);
}

size_t
intake_waiting(const struct intake *intake)
{
	return intake->young;
}

/* ---- the start ---- */

static uint64_t
due_by_history(const struct intake *intake, uint64_t id)
{
	char name[QUEUE_ID_SIZE];
	struct stat st;
	time_t when = 0;

	queue_id_format(id, name);
	if (fstatat(intake->context->spool.history, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		when = st.st_mtim.tv_sec;
	return due_at(intake->context, when);
}

static void
found_queued(uint64_t id, void *arg)
{
	struct intake *intake = arg;

	(void)add(intake, id, due_by_history(intake, id));
}

static void
found_held(uint64_t id, void *arg)
{
	struct intake *intake = arg;
	struct message *message = add(intake, id, UINT64_MAX);

	if (message == NULL)
		return;
	message->held = true;
	intake->context->held_count++;
}

static void
found_history(uint64_t id, void *arg)
{
	struct intake *intake = arg;
	const struct spool *spool = &intake->context->spool;
	char name[QUEUE_ID_SIZE];

	if (backlog_find(intake->context->backlog, id) != NULL)
		return;
	/* In incoming/ it belongs to a message whose rename was lost in a power cut. */
	queue_id_format(id, name);
	if (faccessat(spool->incoming, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	(void)history_remove(spool, id);
}

int
intake_start(struct intake *intake, struct error *error)
{
	const struct spool *spool = &intake->context->spool;

	if (spool_scan(spool->queue, found_queued, NULL, intake) < 0 ||
	    spool_scan(spool->hold, found_held, NULL, intake) < 0 ||
	    spool_scan(spool->history, found_history, NULL, intake) < 0)
		return error_set_errno(error, EX_IOERR, "cannot read the spool");
	scan(intake);
	return 0;
}

static void
reschedule(struct message *message, void *arg)
{
	struct intake *intake = arg;
	struct context *context = intake->context;

	if (message->held)
		return;
	if (message->unread) {
		heap_remove(&context->unread, &message->unit.node);
		message->unit.node.due = due_by_history(intake, message->id);
		heap_insert(&context->unread, &message->unit.node);
		return;
	}
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next)
		if (unit->busy)
			return;
	reading_again(context, message, due_by_history(intake, message->id));
}

void
intake_reschedule(struct intake *intake)
{
	backlog_each(intake->context->backlog, reschedule, intake);
	loop_timer_set(intake->context->loop, &intake->context->reading, 0);
}
