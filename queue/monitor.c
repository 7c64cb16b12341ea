/* SPDX-License-Identifier: ISC */
#include "queue/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/clock.h"
#include "config/log.h"
#include "config/loop.h"
#include "config/pack.h"
#include "config/process.h"
#include "config/service_credential.h"
#include "oauth/agent.h"
#include "queue/delivery/launcher.h"
#include "queue/ground.h"
#include "queue/runner.h"
#include "queue/sd_notify.h"

#define STOP_LIMIT_MS 65000
#define END_LIMIT_MS 3000
#define RESTART_MIN_MS 100
#define RESTART_MAX_MS 30000
/* A process that lived that long did not die of its start. */
#define HEALTHY_MS 10000

struct child {
	struct monitor *monitor;
	enum process_role role;
	pid_t pid;   /* 0: none */
	int channel; /* ours to it, -1: none */
	bool ready;
	uint64_t started;
	uint64_t delay; /* before the next start */
	struct loop_timer again;
};

struct monitor {
	const struct monitor_options *options;
	struct ground ground;
	struct loop *loop;
	struct child children[PROCESS_ROLES];
	struct channel_message message;
	struct loop_timer limit;
	bool announced;
	bool stopping;
	int status;
};

static const char *const role_names[PROCESS_ROLES] = {"runner", "agent", "launcher"};
static const char *const process_names[PROCESS_ROLES] = {
    "postoak-runner", "postoak-agent", "postoak-launch"};

static void
leave_stderr(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0 && dup2(null, STDERR_FILENO) >= 0)
		close(null);
}

/* ---- the children ---- */

static int
run_role(const struct monitor *monitor, enum process_role role, int channel)
{
	const struct config *config = monitor->options->config;

	switch (role) {
	case PROCESS_RUNNER:
		return runner_run(&(struct runner_options){
		    .config_path = config->path,
		    .monitor_channel = channel,
		    .lock = monitor->ground.lock,
		    .separated = monitor->ground.separated,
		    .one_pass = monitor->options->one_pass,
		    .selection = monitor->options->selection,
		});
	case PROCESS_AGENT:
		return agent_run(&(struct agent_options){
		    .config_path = config->path,
		    .monitor_channel = channel,
		    .listener = monitor->ground.agent_listener,
		});
	case PROCESS_LAUNCHER:
	default:
		return launcher_run(&(struct launcher_options){
		    .config_path = config->path,
		    .monitor_channel = channel,
		});
	}
}

static _Noreturn void
child_main(struct monitor *monitor, enum process_role role, int channel)
{
	struct error error;
	sigset_t none;

	for (int i = 0; i < PROCESS_ROLES; i++)
		if (monitor->children[i].channel >= 0)
			close(monitor->children[i].channel);
	loop_free(monitor->loop);
	if (role != PROCESS_RUNNER)
		close(monitor->ground.lock);
	if (role != PROCESS_AGENT)
		close(monitor->ground.agent_listener);
	if (monitor->ground.announce >= 0) {
		/* In the background: whoever started us waits for the end of his stderr. */
		close(monitor->ground.announce);
		leave_stderr();
	}
	(void)prctl(PR_SET_NAME, process_names[role]);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Only root can read them in a service that starts as root, and only the agent
	 * has a use for them. */
	if (role == PROCESS_AGENT)
		service_credentials_keep();
	else
		process_forget_environment();
	if (process_become(monitor->ground.users[role], &error) < 0) {
		log_write(LOG_CRIT, "master", "%s: %s", role_names[role], error.text);
		_exit(error.status);
	}
	process_harden();
	_exit(run_role(monitor, role, channel));
}

static void
tell(struct child *child, enum process_message type)
{
	if (child->channel >= 0)
		(void)channel_send(child->channel, type, NULL, 0, NULL, 0);
}

static void
send_peer(struct child *to, enum process_role role, int fd)
{
	unsigned char body[8];
	struct packer packer;

	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, (uint32_t)role);
	(void)channel_send(to->channel, PROCESS_PEER, body, packer.length, &fd, 1);
}

/* Only the runner has peers: agent and launcher do not speak to each other. */
static void
introduce(struct monitor *monitor, enum process_role role)
{
	struct child *runner = &monitor->children[PROCESS_RUNNER];
	struct child *other = &monitor->children[role];
	int pair[2];

	if (runner->channel < 0 || other->channel < 0 || channel_pair(pair) < 0)
		return;
	send_peer(runner, role, pair[0]);
	send_peer(other, PROCESS_RUNNER, pair[1]);
	close(pair[0]);
	close(pair[1]);
}

static void child_ready(int fd, uint32_t events, void *context);

static void
start_later(struct child *child)
{
	log_write(
	    LOG_ERR, "master", "cannot start the %s: %s", role_names[child->role], strerror(errno));
	loop_timer_set(child->monitor->loop, &child->again, RESTART_MAX_MS);
}

static void
start(void *context)
{
	struct child *child = context;
	struct monitor *monitor = child->monitor;
	int pair[2];

	if (monitor->stopping)
		return;
	if (channel_pair(pair) < 0) {
		start_later(child);
		return;
	}
	child->started = clock_monotonic_ms();
	child->ready = false;
	child->pid = fork();
	if (child->pid == 0) {
		close(pair[0]);
		child_main(monitor, child->role, pair[1]);
	}
	if (child->pid < 0) {
		child->pid = 0;
		start_later(child);
		close(pair[0]);
		close(pair[1]);
		return;
	}
	close(pair[1]);
	child->channel = pair[0];
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	(void)loop_watch(monitor->loop, pair[0], EPOLLIN, child_ready, child);
	if (child->role == PROCESS_RUNNER) {
		introduce(monitor, PROCESS_AGENT);
		introduce(monitor, PROCESS_LAUNCHER);
	} else {
		introduce(monitor, child->role);
	}
}

/* ---- the service manager ---- */

static void
announce(struct monitor *monitor)
{
	for (int i = 0; i < PROCESS_ROLES; i++)
		if (!monitor->children[i].ready)
			return;
	sd_notify_send("READY=1");
	if (!monitor->announced && monitor->ground.announce >= 0) {
		/* The one who started us in the background waits for this octet. */
		if (write(monitor->ground.announce, "", 1) < 0)
			log_write(LOG_WARNING, "master", "nobody waited for the start");
		close(monitor->ground.announce);
		monitor->ground.announce = -1;
		leave_stderr();
	}
	monitor->announced = true;
}

static void
child_ready(int fd, uint32_t events, void *context)
{
	struct child *child = context;
	struct monitor *monitor = child->monitor;
	struct channel_message *message = &monitor->message;
	int result;

	(void)events;
	while ((result = channel_receive(fd, message)) > 0) {
		struct unpacker unpacker;
		char status[512];

		if (message->type == PROCESS_READY) {
			child->ready = true;
			announce(monitor);
		} else if (message->type == PROCESS_STATUS) {
			unpack_init(&unpacker, message->body, message->length);
			(void)snprintf(
			    status, sizeof(status), "STATUS=%s", unpack_string(&unpacker));
			sd_notify_send(status);
		}
	}
	if (result == 0 || errno != EAGAIN) {
		/* It has ended or is about to: SIGCHLD tells. */
		loop_forget(monitor->loop, fd);
		close(fd);
		child->channel = -1;
	}
}

/* ---- ends ---- */

static void
end_children(struct monitor *monitor, int signal)
{
	for (int i = 0; i < PROCESS_ROLES; i++) {
		struct child *child = &monitor->children[i];

		loop_timer_cancel(monitor->loop, &child->again);
		if (child->channel >= 0) {
			loop_forget(monitor->loop, child->channel);
			close(child->channel);
			child->channel = -1;
		}
		if (child->pid != 0 && signal != 0)
			(void)kill(child->pid, signal);
	}
}

static void
limit_reached(void *context)
{
	struct monitor *monitor = context;

	log_write(LOG_WARNING, "master", "processes are still there; they are killed");
	end_children(monitor, SIGKILL);
	loop_timer_set(monitor->loop, &monitor->limit, END_LIMIT_MS);
}

static void
runner_ended(struct monitor *monitor, int status)
{
	monitor->status = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
	monitor->stopping = true;
	/* Their channels close: that ends the others. */
	end_children(monitor, 0);
	loop_timer_set(monitor->loop, &monitor->limit, END_LIMIT_MS);
}

/* A configuration that a process may not read, say: another try would be no better. */
static bool
cannot_start(const struct monitor *monitor, int status)
{
	return !monitor->announced && WIFEXITED(status) &&
	       (WEXITSTATUS(status) == EX_CONFIG || WEXITSTATUS(status) == EX_NOINPUT ||
		   WEXITSTATUS(status) == EX_NOPERM || WEXITSTATUS(status) == EX_NOUSER);
}

static void
restart(struct child *child, int status)
{
	struct monitor *monitor = child->monitor;
	uint64_t lived = clock_monotonic_ms() - child->started;

	if (child->channel >= 0) {
		loop_forget(monitor->loop, child->channel);
		close(child->channel);
		child->channel = -1;
	}
	if (cannot_start(monitor, status)) {
		log_write(
		    LOG_CRIT, "master", "the %s cannot start; giving up", role_names[child->role]);
		runner_ended(monitor, status);
		return;
	}
	if (lived > HEALTHY_MS || child->delay == 0)
		child->delay = RESTART_MIN_MS;
	else if (child->delay < RESTART_MAX_MS)
		child->delay *= 2;
	log_write(LOG_ERR, "master", "the %s ended (%s %d); started again in %llu ms",
	    role_names[child->role], WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    (unsigned long long)child->delay);
	loop_timer_set(monitor->loop, &child->again, child->delay);
}

static void
reap(struct monitor *monitor)
{
	bool all_gone = true;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < PROCESS_ROLES; i++) {
			struct child *child = &monitor->children[i];

			if (child->pid != pid)
				continue;
			child->pid = 0;
			if (i == PROCESS_RUNNER &&
			    (monitor->stopping || monitor->options->one_pass))
				runner_ended(monitor, status);
			else if (!monitor->stopping)
				restart(child, status);
		}
	}
	for (int i = 0; i < PROCESS_ROLES; i++)
		if (monitor->children[i].pid != 0)
			all_gone = false;
	if (monitor->stopping && all_gone)
		loop_stop(monitor->loop);
}

static void
stop(struct monitor *monitor)
{
	struct child *runner = &monitor->children[PROCESS_RUNNER];

	if (monitor->stopping)
		return;
	monitor->stopping = true;
	sd_notify_send("STOPPING=1");
	loop_timer_set(monitor->loop, &monitor->limit, STOP_LIMIT_MS);
	if (runner->channel >= 0)
		tell(runner, PROCESS_STOP);
	else
		runner_ended(monitor, 0);
	reap(monitor);
}

static void
signalled(int signal, void *context)
{
	struct monitor *monitor = context;

	switch (signal) {
	case SIGCHLD:
		reap(monitor);
		break;
	case SIGHUP:
		sd_notify_reloading();
		tell(&monitor->children[PROCESS_RUNNER], PROCESS_RELOAD);
		break;
	default:
		stop(monitor);
		break;
	}
}

/* ---- the whole ---- */

int
monitor_run(const struct monitor_options *options, struct error *error)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	struct monitor monitor = {.options = options, .status = EX_OSERR};

	if (ground_prepare(&monitor.ground, options->config, options->announce, error) < 0)
		return error->status;
	monitor.loop = loop_new();
	if (monitor.loop == NULL || channel_message_init(&monitor.message) < 0 ||
	    loop_signals(monitor.loop, signals, 4, signalled, &monitor) < 0) {
		error_set_errno(error, EX_OSERR, "cannot start");
		return EX_OSERR;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	loop_timer_init(&monitor.limit, limit_reached, &monitor);
	for (int i = 0; i < PROCESS_ROLES; i++) {
		struct child *child = &monitor.children[i];

		child->monitor = &monitor;
		child->role = (enum process_role)i;
		child->channel = -1;
		loop_timer_init(&child->again, start, child);
	}
	for (int i = 0; i < PROCESS_ROLES; i++)
		start(&monitor.children[i]);
	log_write(LOG_INFO, "master", "Postoak %s started", POSTOAK_VERSION);
	if (loop_run(monitor.loop) == 0)
		log_write(LOG_INFO, "master", "stopped");
	end_children(&monitor, SIGKILL);
	loop_timer_cancel(monitor.loop, &monitor.limit);
	loop_free(monitor.loop);
	channel_message_free(&monitor.message);
	ground_release(&monitor.ground);
	return monitor.status;
}
