/* SPDX-License-Identifier: ISC */
#include "queue/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/clock.h"
#include "config/log.h"
#include "config/pack.h"
#include "config/process.h"
#include "queue/alert.h"
#include "queue/commit.h"
#include "queue/connection.h"
#include "queue/context.h"
#include "queue/control.h"
#include "queue/dispatch.h"
#include "queue/health.h"
#include "queue/held_profiles.h"
#include "queue/intake.h"
#include "queue/lanes.h"
#include "queue/peers.h"
#include "queue/reading.h"
#include "queue/receivers.h"
#include "queue/settle.h"
#include "queue/spool/queue_id.h"

#define STOP_LIMIT_MS 60000
#define OPEN_LOG_MS 10000
#define CLOCK_MS 30000
#define CLOCK_STEP_US (60 * INT64_C(1000000))
#define ALERT_AGAIN_S (24 * 3600)

struct runner {
	const struct runner_options *options;
	struct context context;
	struct health_options status;
	struct commit *commit;
	struct settle *settle;
	struct dispatch *dispatch;
	struct intake *intake;
	struct control *control;
	struct receivers *receivers;
	struct alert *alert;
	struct peers *peers;
	struct channel_message message;
	struct loop_timer open_log;
	struct loop_timer clock;
	struct loop_timer stop_limit;
	int64_t wall_offset; /* wall clock minus monotonic clock, microseconds */
	int exit_status;
};

/* ---- telling ---- */

static void
tell_monitor(struct runner *runner, enum process_message type, const char *text)
{
	unsigned char body[512];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	if (text != NULL)
		pack_string(&packer, text);
	(void)channel_send(runner->options->monitor_channel, type, body, packer.length, NULL, 0);
}

static void
send_alert(struct runner *runner, struct lane *lane)
{
	const struct profile_state *state = &lane->state;

	lane->alerted = (uint64_t)time(NULL);
	alert_send(runner->alert, lane->name, profile_condition_name(state->condition),
	    state->advice[0] != '\0' ? state->advice : state->reason);
}

static void
condition_changed(struct lane *lane, void *arg)
{
	struct runner *runner = arg;
	const struct profile_state *state = &lane->state;
	char text[256];

	log_write(state->condition == CONDITION_READY ? LOG_NOTICE : LOG_WARNING, "qmgr",
	    "profile %s is %s%s%s%s%s", lane->name, profile_condition_name(state->condition),
	    state->reason[0] != '\0' ? ": " : "", state->reason,
	    state->advice[0] != '\0' ? "; " : "", state->advice);
	(void)snprintf(text, sizeof(text), "profile %s is %s", lane->name,
	    profile_condition_name(state->condition));
	tell_monitor(runner, PROCESS_STATUS, text);
	send_alert(runner, lane);
}

static void
access_ends(struct lane *lane, void *arg)
{
	const struct runner *runner = arg;

	log_write(LOG_WARNING, "qmgr", "profile %s: %s", lane->name, lane->ending);
	alert_send(
	    runner->alert, lane->name, profile_condition_name(lane->state.condition), lane->ending);
}

/* ---- reading ---- */

static void
read_backlog(void *arg)
{
	struct runner *runner = arg;
	uint64_t wait;

	/* Without the delivered log nobody knows what was delivered. */
	if (runner->context.delivered == NULL || runner->context.stopping)
		return;
	wait = reading_pump(&runner->context);
	if (wait != UINT64_MAX)
		loop_timer_set(runner->context.loop, &runner->context.reading, wait);
}

static void
enqueue(uint64_t id, void *arg)
{
	struct runner *runner = arg;

	intake_add(runner->intake, id);
}

static void
lane_expired(void *arg)
{
	struct lane *lane = arg;
	struct runner *runner = lane->owner;

	if (runner->dispatch != NULL)
		dispatch_pump(runner->dispatch, lane);
}

/* ---- the delivered log ---- */

static bool
still_queued(const struct delivered_line *line, void *arg)
{
	const struct context *context = arg;
	char name[QUEUE_ID_SIZE];

	if (backlog_find(context->backlog, line->id) != NULL)
		return true;
	/* A rename may have been lost in a power cut: it is taken again later. */
	queue_id_format(line->id, name);
	return faccessat(context->spool.incoming, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
open_log(void *arg)
{
	struct runner *runner = arg;
	struct context *context = &runner->context;
	struct error error;

	context->delivered = delivered_open(&context->spool, still_queued, context, &error);
	context->log_broken = context->delivered == NULL;
	if (context->log_broken) {
		log_write(LOG_CRIT, "qmgr", "results cannot be recorded, nothing is delivered: %s",
		    error.text);
		loop_timer_set(context->loop, &runner->open_log, OPEN_LOG_MS);
		return;
	}
	loop_timer_set(context->loop, &context->reading, 0);
}

/* ---- reload and stop ---- */

static void
reload(struct runner *runner)
{
	struct context *context = &runner->context;
	struct config *config;
	struct error error;

	if (config_load(runner->options->config_path, &config, &error) < 0) {
		log_write(
		    LOG_ERR, "qmgr", "not reloaded, the old configuration stays: %s", error.text);
		runner->status.configuration_invalid = true;
	} else if (lanes_reload(context, config, lane_expired, runner) < 0) {
		config_free(config);
		log_write(LOG_ERR, "qmgr", "not reloaded: out of memory");
	} else {
		runner->status.configuration_invalid = false;
		alert_set_command(runner->alert, context->config->alert_command);
		/* They read the same file: before any request that may depend on it. */
		peers_reload(runner->peers);
		log_write(LOG_INFO, "qmgr", "configuration reloaded");
	}
	tell_monitor(runner, PROCESS_READY, NULL);
}

static void
stop(struct runner *runner)
{
	struct lane *lane;

	if (runner->context.stopping)
		return;
	runner->context.stopping = true;
	receivers_stop(runner->receivers);
	LIST_FOREACH(lane, &runner->context.lanes, entry)
	connection_close_all(lane);
	loop_timer_set(runner->context.loop, &runner->stop_limit, STOP_LIMIT_MS);
}

static void
stop_limit_reached(void *arg)
{
	struct runner *runner = arg;

	log_write(
	    LOG_WARNING, "qmgr", "relays did not answer in time; their messages are tried again");
	loop_stop(runner->context.loop);
}

/* With postoakd -q: nothing is left that could be tried. */
static bool
pass_is_over(const struct runner *runner)
{
	const struct context *context = &runner->context;
	uint64_t now = clock_monotonic_ms();
	const struct lane *lane;

	/* Nothing can be tried, and nobody knows when it will be possible. */
	if (context->log_broken)
		return true;
	if (context->unread_count > 0 || intake_waiting(runner->intake) > 0 ||
	    context->active_count > 0)
		return false;
	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->profile != NULL && lane->state.condition == CONDITION_READY &&
	    lane_next_due(lane) <= now)
		return false;
	return true;
}

static void
before_wait(void *arg)
{
	struct runner *runner = arg;

	if (runner->options->one_pass && !runner->context.stopping && pass_is_over(runner)) {
		runner->exit_status = runner->context.log_broken ? EX_TEMPFAIL : EX_OK;
		stop(runner);
	}
	if (runner->context.stopping && dispatch_count(runner->dispatch) == 0 &&
	    settle_count(runner->settle) == 0 && commit_is_idle(runner->commit) &&
	    alert_is_idle(runner->alert) && receivers_count(runner->receivers) == 0)
		loop_stop(runner->context.loop);
}

static void
monitor_ready(int fd, uint32_t events, void *arg)
{
	struct runner *runner = arg;
	int result;

	(void)events;
	while ((result = channel_receive(fd, &runner->message)) > 0) {
		struct unpacker unpacker;
		int peer;

		switch (runner->message.type) {
		case PROCESS_PEER:
			unpack_init(&unpacker, runner->message.body, runner->message.length);
			peer = channel_take_fd(&runner->message, 0);
			if (peer >= 0)
				peers_meet(
				    runner->peers, (enum process_role)unpack_u32(&unpacker), peer);
			break;
		case PROCESS_RELOAD:
			reload(runner);
			break;
		case PROCESS_STOP:
			stop(runner);
			break;
		default:
			break;
		}
	}
	if (result == 0 || errno != EAGAIN) {
		/* The monitor died: whoever starts the next one wants the spool at once. */
		runner->exit_status = EX_UNAVAILABLE;
		loop_stop(runner->context.loop);
	}
}

static void
signalled(int signal, void *arg)
{
	struct runner *runner = arg;
	int status;
	pid_t pid;

	/* A reload comes from the monitor, once; a hangup goes to the whole group. */
	if (signal == SIGHUP)
		return;
	if (signal != SIGCHLD) {
		stop(runner);
		return;
	}
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (!alert_reaped(runner->alert, pid, status) &&
		    !receivers_reaped(runner->receivers, pid, status))
			control_reaped(runner->control, pid, status);
}

/* ---- the clock ---- */

static int64_t
wall_offset(void)
{
	return (int64_t)clock_wall_us() - (int64_t)clock_monotonic_ms() * 1000;
}

static void
look_at_the_clock(void *arg)
{
	struct runner *runner = arg;
	struct context *context = &runner->context;
	int64_t step = wall_offset() - runner->wall_offset;
	struct lane *lane;

	if (step > CLOCK_STEP_US || step < -CLOCK_STEP_US) {
		log_write(LOG_NOTICE, "qmgr",
		    "the clock stepped by %lld s; the schedule is read again",
		    (long long)(step / 1000000));
		runner->wall_offset += step;
		intake_reschedule(runner->intake);
	}
	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->state.condition == CONDITION_SUSPENDED &&
	    (uint64_t)time(NULL) - lane->alerted >= ALERT_AGAIN_S)
		send_alert(runner, lane);
	loop_timer_set(context->loop, &runner->clock, CLOCK_MS);
}

/* ---- the start ---- */

static int
open_spool(struct runner *runner, struct error *error)
{
	struct context *context = &runner->context;

	if (config_load(runner->options->config_path, &context->config, error) < 0 ||
	    spool_open(context->config, &context->spool, error) < 0)
		return -1;
	context->spool.lock = runner->options->lock;
	return 0;
}

static int
build(struct runner *runner, struct error *error)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct context *context = &runner->context;

	context->loop = loop_new();
	context->backlog = backlog_new();
	if (context->loop == NULL || context->backlog == NULL ||
	    channel_message_init(&runner->message) < 0 ||
	    loop_signals(context->loop, signals, 4, signalled, runner) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start");
	context->syncer = syncer_start(context->loop);
	runner->alert = alert_new(context->loop);
	runner->commit = commit_new(context);
	if (context->syncer == NULL || runner->alert == NULL || runner->commit == NULL ||
	    lanes_create(context, lane_expired, runner) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start");
	runner->settle = settle_new(context, runner->commit, enqueue, runner);
	if (runner->settle == NULL)
		return error_set_errno(error, EX_OSERR, "cannot start");
	runner->dispatch = dispatch_new(context, runner->settle, condition_changed, runner);
	if (runner->dispatch == NULL)
		return error_set_errno(error, EX_OSERR, "cannot start");
	runner->peers =
	    peers_new(context, runner->dispatch, condition_changed, access_ends, runner);
	if (runner->peers == NULL)
		return error_set_errno(error, EX_OSERR, "cannot start");
	alert_set_command(runner->alert, context->config->alert_command);
	held_profiles_read(context);
	return 0;
}

static int
begin(struct runner *runner, struct error *error)
{
	struct context *context = &runner->context;

	loop_timer_init(&context->reading, read_backlog, runner);
	loop_timer_init(&runner->open_log, open_log, runner);
	loop_timer_init(&runner->clock, look_at_the_clock, runner);
	loop_timer_init(&runner->stop_limit, stop_limit_reached, runner);
	runner->intake = intake_new(context, error);
	if (runner->intake == NULL || intake_start(runner->intake, error) < 0)
		return -1;
	runner->control = control_new(context, runner->dispatch, runner->intake, &runner->status,
	    condition_changed, runner, error);
	if (runner->control == NULL)
		return -1;
	runner->receivers = receivers_new(context, error);
	if (runner->receivers == NULL)
		return -1;
	open_log(runner);
	(void)fcntl(runner->options->monitor_channel, F_SETFL, O_NONBLOCK);
	if (loop_watch(context->loop, runner->options->monitor_channel, EPOLLIN, monitor_ready,
		runner) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start");
	loop_before_wait(context->loop, before_wait, runner);
	runner->wall_offset = wall_offset();
	loop_timer_set(context->loop, &runner->clock, CLOCK_MS);
	tell_monitor(runner, PROCESS_READY, NULL);
	return 0;
}

/* What the kernel frees with the process is left to it; sockets have names. */
static void
end(struct runner *runner)
{
	syncer_stop(runner->context.syncer);
	receivers_free(runner->receivers);
	control_free(runner->control);
	intake_free(runner->intake);
	alert_free(runner->alert);
}

int
runner_run(const struct runner_options *options)
{
	struct runner runner = {
	    .options = options,
	    .status = {.separated = options->separated},
	};
	struct error error;

	LIST_INIT(&runner.context.lanes);
	runner.context.one_pass = options->one_pass;
	runner.context.selection = options->selection;
	if (open_spool(&runner, &error) < 0 || build(&runner, &error) < 0 ||
	    begin(&runner, &error) < 0) {
		log_write(LOG_CRIT, "qmgr", "%s", error.text);
		return error.status;
	}
	if (loop_run(runner.context.loop) < 0) {
		log_write(LOG_CRIT, "qmgr", "cannot wait for events: %s", strerror(errno));
		runner.exit_status = EX_OSERR;
	}
	end(&runner);
	return runner.exit_status;
}
