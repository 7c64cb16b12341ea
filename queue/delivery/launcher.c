/* SPDX-License-Identifier: ISC */
#include "queue/delivery/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "config/channel.h"
#include "config/config.h"
#include "config/log.h"
#include "config/loop.h"
#include "config/pack.h"
#include "config/process.h"
#include "queue/delivery/trust.h"
#include "queue/delivery/work.h"
#include "queue/delivery/worker.h"

/* Descriptors of a worker, after the standard ones. */
enum { WORKER_RUNNER = STDERR_FILENO + 1, WORKER_CREDENTIAL, WORKER_FIRST_FREE };

struct launcher {
	const char *config_path;
	struct config *config;
	struct trust *trust;
	struct loop *loop;
	struct channel_message message;
	int monitor;
	int runner; /* -1: none yet, or gone */
	bool stopping;
};

/* What the runner asked for. */
struct start {
	const struct config_profile *profile; /* null: unknown here */
	int runner_channel;                   /* -1: closed */
	int credential_channel;
	bool transcript;
};

/* Load configuration and certificates; what there was before stays where that fails. */
static int
load(struct launcher *launcher, struct error *error)
{
	struct config *config;
	struct trust *trust;

	if (config_load(launcher->config_path, &config, error) < 0)
		return -1;
	trust = trust_load(config);
	if (trust == NULL) {
		config_free(config);
		return error_set(error, EX_OSERR, "out of memory");
	}
	trust_free(launcher->trust);
	config_free(launcher->config);
	launcher->config = config;
	launcher->trust = trust;
	return 0;
}

/* Tell the runner in the worker's stead that there is none; `channel` becomes -1. */
static void
refuse(int *channel, enum outcome_profile profile, const char *text)
{
	struct work_failed failed = {.relay = ""};

	outcome_failure(STAGE_CONNECT, "4.3.5", &failed.outcome, "%s", text);
	failed.outcome.profile = profile;
	(void)work_send_failed(*channel, &failed);
	work_close(*channel);
	*channel = -1;
}

/* Keep two descriptors and the standard ones, at known places. */
static int
keep_descriptors(int runner_channel, int credential_channel)
{
	/* Out of the way first: either may be at the other's place. */
	int runner = fcntl(runner_channel, F_DUPFD_CLOEXEC, WORKER_FIRST_FREE);
	int credential = fcntl(credential_channel, F_DUPFD_CLOEXEC, WORKER_FIRST_FREE);

	if (runner < 0 || credential < 0 || dup2(runner, WORKER_RUNNER) < 0 ||
	    dup2(credential, WORKER_CREDENTIAL) < 0)
		return -1;
	closefrom(WORKER_FIRST_FREE);
	return 0;
}

/* Become a worker. The launcher ignores the signals that mean stop, and so do workers:
 * they are stopped over their channel, after the message that is on the wire. */
static _Noreturn void
become_worker(const struct launcher *launcher, const struct start *start, SSL_CTX *trust)
{
	const struct worker_options options = {
	    .config = launcher->config,
	    .profile = start->profile,
	    .trust = trust,
	    .runner_channel = WORKER_RUNNER,
	    .credential_channel = WORKER_CREDENTIAL,
	    .transcript = start->transcript,
	};
	sigset_t none;

	(void)prctl(PR_SET_NAME, "postoak-worker");
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (keep_descriptors(start->runner_channel, start->credential_channel) < 0)
		_exit(EX_OSERR);
	worker_run(&options);
}

/* Fork a worker, or tell the runner that there is none. */
static void
start_worker(struct launcher *launcher, struct start *start)
{
	const struct config_profile *profile = start->profile;
	int *runner_channel = &start->runner_channel;
	const char *why = NULL;
	SSL_CTX *trust = NULL;
	pid_t pid;

	if (profile == NULL) {
		refuse(runner_channel, PROFILE_BACK_OFF, "the launcher does not know this profile");
		return;
	}
	if (profile->tls != TLS_NONE) {
		trust = trust_find(launcher->trust, profile, &why);
		if (trust == NULL) {
			refuse(runner_channel, PROFILE_SUSPEND, why);
			return;
		}
	}
	pid = fork();
	if (pid < 0)
		refuse(runner_channel, PROFILE_BACK_OFF, strerror(errno));
	else if (pid == 0)
		become_worker(launcher, start, trust);
}

static void
obey(struct launcher *launcher)
{
	struct channel_message *message = &launcher->message;
	struct start start = {
	    .runner_channel = channel_take_fd(message, 0),
	    .credential_channel = channel_take_fd(message, 1),
	};
	struct unpacker unpacker;

	unpack_init(&unpacker, message->body, message->length);
	start.profile = config_find_profile(launcher->config, unpack_string(&unpacker));
	start.transcript = unpack_u32(&unpacker) != 0;
	if (start.runner_channel >= 0 && start.credential_channel >= 0 &&
	    unpack_complete(&unpacker))
		start_worker(launcher, &start);
	if (start.runner_channel >= 0)
		close(start.runner_channel);
	if (start.credential_channel >= 0)
		close(start.credential_channel);
}

static void
forget_runner(struct launcher *launcher)
{
	if (launcher->runner < 0)
		return;
	loop_forget(launcher->loop, launcher->runner);
	close(launcher->runner);
	launcher->runner = -1;
}

static void
runner_ready(int fd, uint32_t events, void *context)
{
	struct launcher *launcher = context;
	struct error error;

	(void)events;
	if (channel_receive(fd, &launcher->message) <= 0) {
		forget_runner(launcher);
		if (launcher->stopping)
			loop_stop(launcher->loop);
		return;
	}
	if (launcher->message.type == LAUNCHER_START)
		obey(launcher);
	/* The runner has told of a configuration that does not load. */
	else if (launcher->message.type == LAUNCHER_RELOAD)
		(void)load(launcher, &error);
}

static void
take_runner(struct launcher *launcher)
{
	struct unpacker unpacker;
	int fd;

	unpack_init(&unpacker, launcher->message.body, launcher->message.length);
	if (unpack_u32(&unpacker) != PROCESS_RUNNER || !unpack_complete(&unpacker))
		return;
	fd = channel_take_fd(&launcher->message, 0);
	if (fd < 0)
		return;
	forget_runner(launcher);
	if (loop_watch(launcher->loop, fd, EPOLLIN, runner_ready, launcher) < 0) {
		close(fd);
		return;
	}
	launcher->runner = fd;
}

static void
monitor_ready(int fd, uint32_t events, void *context)
{
	struct launcher *launcher = context;

	(void)events;
	if (channel_receive(fd, &launcher->message) <= 0) {
		loop_stop(launcher->loop); /* the monitor died; workers follow their runner */
		return;
	}
	if (launcher->message.type == PROCESS_PEER)
		take_runner(launcher);
	if (launcher->message.type != PROCESS_STOP)
		return;
	launcher->stopping = true;
	if (launcher->runner < 0)
		loop_stop(launcher->loop);
}

/* Workers report to the runner; only a crash is news here. */
static void
reap(int signal, void *context)
{
	int status;
	pid_t pid;

	(void)signal;
	(void)context;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (WIFSIGNALED(status))
			log_write(LOG_WARNING, "smtp", "worker %d ended by signal %d", (int)pid,
			    WTERMSIG(status));
}

static int
prepare_loop(struct launcher *launcher)
{
	static const int signals[] = {SIGCHLD};

	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	/* Workers can read no files: the time zone has to be known by then. */
	tzset();
	launcher->loop = loop_new();
	if (launcher->loop == NULL || channel_message_init(&launcher->message) < 0 ||
	    loop_signals(launcher->loop, signals, 1, reap, launcher) < 0)
		return -1;
	return loop_watch(launcher->loop, launcher->monitor, EPOLLIN, monitor_ready, launcher);
}

int
launcher_run(const struct launcher_options *options)
{
	struct launcher launcher = {
	    .config_path = options->config_path,
	    .monitor = options->monitor_channel,
	    .runner = -1,
	};
	struct error error;
	int status = EX_OSERR;

	process_harden();
	if (load(&launcher, &error) < 0) {
		log_write(LOG_ERR, "smtp", "%s", error.text);
		status = error.status;
	} else if (prepare_loop(&launcher) < 0) {
		log_write(LOG_ERR, "smtp", "cannot start: %s", strerror(errno));
	} else if (channel_send(launcher.monitor, PROCESS_READY, NULL, 0, NULL, 0) == 0 &&
		   loop_run(launcher.loop) == 0) {
		status = EX_OK;
	}
	forget_runner(&launcher);
	channel_message_free(&launcher.message);
	loop_free(launcher.loop);
	trust_free(launcher.trust);
	config_free(launcher.config);
	return status;
}
