/* SPDX-License-Identifier: ISC */
#include "sendmail/agent_link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>
#include <bsd/unistd.h>

#include "config/channel.h"
#include "config/config.h"
#include "config/directory.h"
#include "config/log.h"
#include "config/pack.h"
#include "config/process.h"
#include "config/request.h"
#include "config/service_credential.h"
#include "oauth/agent.h"

#define TIMEOUT 120 /* seconds; the agent may have to ask an authorization server first */

struct agent_link {
	char *socket; /* path of run/agent */
	int channel;  /* to our own agent; -1: there is none */
	pid_t agent;
};

/* True where the caller may do the agent's work: where there is no state directory yet,
 * whoever can make one owns it. */
static bool
may_stand_in(const struct config *config)
{
	struct stat status;

	if (geteuid() == 0)
		return true;
	if (stat(config->directories.state, &status) < 0)
		return errno == ENOENT;
	return status.st_uid == geteuid();
}

/* The child: the agent, for as long as the channel is open. */
static _Noreturn void
be_agent(const struct config *config, const char *config_path, const char *user, int channel)
{
	struct error error;
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(channel, STDERR_FILENO + 1) < 0 || chdir("/") < 0)
		_exit(EX_OSERR);
	channel = STDERR_FILENO + 1;
	closefrom(channel + 1);
	(void)fcntl(channel, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_NAME, "postoak-agent");
	log_open(config->syslog_name, false);
	service_credentials_keep();
	if (process_become(user, &error) < 0)
		_exit(error.status);
	_exit(agent_run(&(struct agent_options){.config_path = config_path,
	    .monitor_channel = channel,
	    .listener = -1,
	    .attended = true}));
}

/* Wait until our agent works. */
static int
await_agent(struct agent_link *link, struct error *error)
{
	struct channel_message message;
	struct unpacker unpacker;
	int result = -1;

	error_set(error, EX_OSERR, "the agent ended before it could be asked");
	if (channel_message_init(&message) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start the agent");
	while (result < 0 && channel_receive(link->channel, &message) > 0) {
		if (message.type == PROCESS_READY) {
			result = 0;
		} else if (message.type == PROCESS_FAILED) {
			int status;

			unpack_init(&unpacker, message.body, message.length);
			status = (int)unpack_u32(&unpacker);
			error_set(error, status, "%s", unpack_string(&unpacker));
		}
	}
	channel_message_free(&message);
	return result;
}

/* Root makes the state directory for the agent's user, as the daemon would. */
static int
prepare(const struct config *config, char user[PROCESS_USER_MAX], struct error *error)
{
	const struct passwd *passwd;

	process_user(config->user, PROCESS_AGENT, user);
	if (geteuid() != 0)
		return 0;
	passwd = getpwnam(user);
	if (passwd == NULL)
		return error_set(error, EX_NOUSER, "there is no user %s", user);
	return directory_ensure(
	    config->directories.state, 0700, passwd->pw_uid, passwd->pw_gid, error);
}

static int
start_agent(struct agent_link *link, const struct config *config, struct error *error)
{
	char user[PROCESS_USER_MAX];
	char path[PATH_MAX];
	int pair[2];

	/* Our agent leaves the directory that a relative path begins in. */
	if (realpath(config->path, path) == NULL)
		return error_set_errno(error, EX_NOINPUT, "%s", config->path);
	if (prepare(config, user, error) < 0)
		return -1;
	if (channel_pair(pair) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start the agent");
	link->agent = fork();
	if (link->agent == 0)
		be_agent(config, path, user, pair[1]);
	close(pair[1]);
	link->channel = pair[0];
	if (link->agent < 0)
		return error_set_errno(error, EX_OSERR, "cannot start the agent");
	return await_agent(link, error);
}

static int
reach(struct agent_link *link, const struct config *config, struct error *error)
{
	int fd;

	if (asprintf(&link->socket, "%s/agent", config->directories.runtime) < 0) {
		link->socket = NULL;
		return error_set_errno(error, EX_OSERR, "request");
	}
	fd = request_connect(link->socket, TIMEOUT, error);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (error->status != EX_UNAVAILABLE || (errno != ECONNREFUSED && errno != ENOENT))
		return -1;
	if (!may_stand_in(config))
		return error_set(error, EX_UNAVAILABLE,
		    "postoakd is not running, and without it only root and the owner of %s can do "
		    "that",
		    config->directories.state);
	return start_agent(link, config, error);
}

int
agent_link_open(const char *config_path, struct agent_link **link, struct error *error)
{
	struct agent_link *new = calloc(1, sizeof(*new));
	struct config *config;
	int result;

	if (new == NULL)
		return error_set_errno(error, EX_OSERR, "request");
	new->channel = new->agent = -1;
	if (config_load_submission(config_path, &config, error) < 0) {
		agent_link_close(new);
		return -1;
	}
	result = reach(new, config, error);
	config_free(config);
	if (result < 0) {
		agent_link_close(new);
		return -1;
	}
	*link = new;
	return 0;
}

void
agent_link_close(struct agent_link *link)
{
	if (link == NULL)
		return;
	if (link->channel >= 0)
		close(link->channel);
	while (link->agent > 0 && waitpid(link->agent, NULL, 0) < 0 && errno == EINTR)
		continue;
	free(link->socket);
	free(link);
}

/* A connection to our own agent, which takes its other end for one that came to run/agent. */
static int
connect_own(const struct agent_link *link, struct error *error)
{
	int pair[2];
	int result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_set_errno(error, EX_OSERR, "cannot ask the agent");
	result = channel_send(link->channel, PROCESS_CLIENT, NULL, 0, &pair[1], 1);
	close(pair[1]);
	if (result == 0)
		return pair[0];
	error_set_errno(error, EX_UNAVAILABLE, "cannot ask the agent");
	close(pair[0]);
	return -1;
}

int
agent_link_send(struct agent_link *link, const char *line, struct error *error)
{
	int fd = link->channel >= 0 ? connect_own(link, error)
				    : request_connect(link->socket, TIMEOUT, error);

	if (fd >= 0 && request_ask(fd, line, TIMEOUT, error) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int
agent_link_ask(struct agent_link *link, const char *line, FILE *out, struct error *error)
{
	int fd = agent_link_send(link, line, error);

	return fd < 0 ? -1 : request_copy(fd, out, TIMEOUT, error);
}
