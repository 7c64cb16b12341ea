/* SPDX-License-Identifier: ISC */
#include "oauth/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/channel.h"
#include "config/log.h"
#include "config/loop.h"
#include "config/pack.h"
#include "config/process.h"
#include "config/request_server.h"
#include "oauth/accounts.h"
#include "oauth/agent_request.h"
#include "oauth/client_tokens.h"
#include "oauth/consent.h"
#include "oauth/http.h"
#include "oauth/revocation.h"
#include "oauth/session.h"

#define SERVICE "agent"
#define TELL_AGAIN_MS 1000
#define LEAVE_AGAIN_MS 50

struct agent {
	struct loop *loop;
	struct http *http;
	struct commands *commands;
	struct discovery *discovery;
	struct accounts *accounts;
	struct consents *consents;
	struct client_tokens *client_tokens;
	struct revocations *revocations;
	struct sessions *sessions;
	struct request_server *server;
	struct channel_message message;
	int monitor;
	int runner; /* -1: none yet */
	struct agent_desk desk;
	struct loop_timer tell_again;
	struct loop_timer leaving;
	bool attended;
};

/* Tell the runner the state of an account; -1 and errno where that fails. */
static int
tell(const struct agent *agent, const struct account *account)
{
	unsigned char body[4096];
	struct packer packer;
	struct account_view view;

	account_view(account, &view);
	pack_init(&packer, body, sizeof(body));
	pack_string(&packer, view.profile->name);
	pack_u32(&packer, (uint32_t)account_state(account));
	pack_string(&packer, view.last_error != NULL ? view.last_error : "");
	pack_string(&packer, view.advice != NULL ? view.advice : "");
	pack_string(&packer, account_ending(account));
	return channel_send(agent->runner, AGENT_CHANGED, body, packer.length, NULL, 0);
}

/*
 * The runner must not make us wait: it may be waiting for us. What it was too busy to
 * hear is said again, all of it, because it is little.
 */
static void
changed(struct account *account, void *context)
{
	struct agent *agent = context;

	if (agent->runner >= 0 && tell(agent, account) < 0 && errno == EAGAIN)
		loop_timer_set(agent->loop, &agent->tell_again, TELL_AGAIN_MS);
}

static void
tell_all(void *context)
{
	struct agent *agent = context;

	for (size_t i = 0; i < accounts_count(agent->accounts); i++)
		changed(accounts_get(agent->accounts, i), agent);
}

static void
leaving(struct account *account, void *context)
{
	struct agent *agent = context;

	sessions_drop(agent->sessions, account);
}

static void
reload(struct agent *agent)
{
	consents_reload(agent->consents);
	client_tokens_forget(agent->client_tokens);
	revocations_cancel(agent->revocations);
	accounts_reload(agent->accounts);
}

static void
give_credential(struct agent *agent, const char *profile)
{
	struct account *account = accounts_find(agent->accounts, profile);
	int fd = channel_take_fd(&agent->message, 0);

	if (fd < 0)
		return;
	if (account == NULL)
		/* The runner reads the same file: one of the two has yet to see its new content. */
		sessions_refuse(fd, AGENT_TRY_LATER, "the agent does not know the profile yet");
	else
		sessions_begin(agent->sessions, account, fd);
}

static void
close_runner(struct agent *agent)
{
	if (agent->runner < 0)
		return;
	loop_forget(agent->loop, agent->runner);
	close(agent->runner);
	agent->runner = -1;
}

static void
handle_runner(struct agent *agent)
{
	struct unpacker unpacker;
	struct account *account;
	const char *profile;

	unpack_init(&unpacker, agent->message.body, agent->message.length);
	switch (agent->message.type) {
	case AGENT_CREDENTIAL:
		profile = unpack_string(&unpacker);
		if (unpack_complete(&unpacker))
			give_credential(agent, profile);
		return;
	case AGENT_PROBE:
	case AGENT_RETRY:
		account = accounts_find(agent->accounts, unpack_string(&unpacker));
		if (account == NULL || !unpack_complete(&unpacker))
			return;
		accounts_try_store(agent->accounts);
		if (agent->message.type == AGENT_PROBE)
			account_probe(account);
		else
			account_retry(account);
		return;
	case AGENT_RELOAD:
		reload(agent);
		return;
	default:
		log_write(LOG_WARNING, SERVICE, "the runner sent a message of unknown type %u",
		    agent->message.type);
		return;
	}
}

static void
runner_ready(int fd, uint32_t events, void *context)
{
	struct agent *agent = context;
	int received = channel_receive(fd, &agent->message);

	(void)events;
	if (received > 0)
		handle_runner(agent);
	else if (received == 0 || errno != EAGAIN)
		close_runner(agent); /* the monitor brings the next one */
}

static void
meet_runner(struct agent *agent, int fd)
{
	close_runner(agent);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    loop_watch(agent->loop, fd, EPOLLIN, runner_ready, agent) < 0) {
		log_write(LOG_ERR, SERVICE, "cannot listen to the runner: %s", strerror(errno));
		close(fd);
		return;
	}
	agent->runner = fd;
	/* A new runner takes profiles for ready until it hears otherwise. */
	for (size_t i = 0; i < accounts_count(agent->accounts); i++) {
		struct account *account = accounts_get(agent->accounts, i);

		if (account_state(account) != AGENT_READY || *account_ending(account) != '\0')
			changed(account, agent);
	}
}

static void
handle_monitor(struct agent *agent)
{
	struct unpacker unpacker;
	int fd;

	switch (agent->message.type) {
	case PROCESS_PEER:
		unpack_init(&unpacker, agent->message.body, agent->message.length);
		if (unpack_u32(&unpacker) == PROCESS_RUNNER && unpack_complete(&unpacker) &&
		    (fd = channel_take_fd(&agent->message, 0)) >= 0)
			meet_runner(agent, fd);
		return;
	case PROCESS_CLIENT:
		if ((fd = channel_take_fd(&agent->message, 0)) >= 0)
			request_server_adopt(agent->server, fd);
		return;
	case PROCESS_RELOAD:
		reload(agent);
		return;
	case PROCESS_STOP:
		loop_stop(agent->loop);
		return;
	default:
		return;
	}
}

/*
 * The command is gone, perhaps interrupted. What it asked a server for is waited for: a
 * refresh token that was replaced and not kept is lost for good.
 */
static void
leave(void *context)
{
	struct agent *agent = context;

	if (accounts_are_fetching(agent->accounts))
		loop_timer_set(agent->loop, &agent->leaving, LEAVE_AGAIN_MS);
	else
		loop_stop(agent->loop);
}

static void
lost_monitor(struct agent *agent)
{
	if (!agent->attended) {
		loop_stop(agent->loop);
		return;
	}
	loop_forget(agent->loop, agent->monitor);
	leave(agent);
}

static void
monitor_ready(int fd, uint32_t events, void *context)
{
	struct agent *agent = context;
	int received = channel_receive(fd, &agent->message);

	(void)events;
	if (received > 0)
		handle_monitor(agent);
	else if (received == 0 || errno != EAGAIN)
		lost_monitor(agent);
}

/* A terminal's ^C and hangup go to the whole group; the monitor decides what they mean. */
static void
signalled(int signal, void *context)
{
	struct agent *agent = context;

	if (signal == SIGTERM)
		loop_stop(agent->loop);
}

static void
handle_request(struct request *request, char *line, void *context)
{
	struct agent *agent = context;

	agent_request(&agent->desk, request, line);
}

/* Members of the daemon's group may steer; where there is no such user, only root and our own. */
static gid_t
steering_group(const struct config *config)
{
	const struct passwd *passwd = getpwnam(config->user);

	return passwd == NULL ? (gid_t)-1 : passwd->pw_gid;
}

static int
set_up(struct agent *agent, const struct agent_options *options, struct error *error)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};

	agent->loop = loop_new();
	if (agent->loop == NULL || channel_message_init(&agent->message) < 0 ||
	    loop_signals(agent->loop, signals, 3, signalled, agent) < 0 ||
	    (agent->http = http_new(agent->loop)) == NULL ||
	    (agent->commands = commands_new(agent->loop)) == NULL ||
	    (agent->discovery = discovery_new(agent->http)) == NULL ||
	    (agent->sessions = sessions_new(agent->loop)) == NULL)
		return error_set_errno(error, EX_OSERR, "cannot start");
	loop_timer_init(&agent->tell_again, tell_all, agent);
	loop_timer_init(&agent->leaving, leave, agent);
	agent->accounts =
	    accounts_new(&(struct accounts_options){.config_path = options->config_path,
			     .loop = agent->loop,
			     .http = agent->http,
			     .commands = agent->commands,
			     .discovery = agent->discovery,
			     .attended = options->attended,
			     .changed = changed,
			     .leaving = leaving,
			     .context = agent},
		error);
	if (agent->accounts == NULL)
		return -1;
	agent->consents = consents_new(agent->accounts);
	agent->client_tokens = client_tokens_new(accounts_environment(agent->accounts));
	agent->revocations = revocations_new(accounts_environment(agent->accounts));
	if (agent->consents == NULL || agent->client_tokens == NULL || agent->revocations == NULL)
		return error_set_errno(error, EX_OSERR, "cannot start");
	agent->desk = (struct agent_desk){.accounts = agent->accounts,
	    .consents = agent->consents,
	    .client_tokens = agent->client_tokens,
	    .revocations = agent->revocations,
	    .steering = steering_group(accounts_config(agent->accounts))};
	agent->server = request_server_new(
	    agent->loop, options->listener, AGENT_REQUEST_MAX, handle_request, agent);
	if (agent->server == NULL ||
	    loop_watch(agent->loop, agent->monitor, EPOLLIN, monitor_ready, agent) < 0 ||
	    channel_send(agent->monitor, PROCESS_READY, NULL, 0, NULL, 0) < 0)
		return error_set_errno(error, EX_OSERR, "cannot start");
	return 0;
}

static void
tear_down(struct agent *agent)
{
	/* Accounts answer who waits, so what waits goes after them. */
	close_runner(agent);
	sessions_free(agent->sessions);
	revocations_free(agent->revocations);
	client_tokens_free(agent->client_tokens);
	consents_free(agent->consents);
	accounts_free(agent->accounts);
	request_server_free(agent->server);
	discovery_free(agent->discovery);
	commands_free(agent->commands);
	http_free(agent->http);
	channel_message_free(&agent->message);
	if (agent->loop != NULL) {
		loop_timer_cancel(agent->loop, &agent->tell_again);
		loop_timer_cancel(agent->loop, &agent->leaving);
	}
	loop_free(agent->loop);
}

/* It is said where somebody looks. */
static void
tell_failure(const struct agent_options *options, const struct error *error)
{
	unsigned char body[ERROR_TEXT_MAX + 16];
	struct packer packer;

	if (!options->attended) {
		log_write(LOG_CRIT, SERVICE, "%s", error->text);
		return;
	}
	pack_init(&packer, body, sizeof(body));
	pack_u32(&packer, (uint32_t)error->status);
	pack_string(&packer, error->text);
	(void)channel_send(options->monitor_channel, PROCESS_FAILED, body, packer.length, NULL, 0);
}

int
agent_run(const struct agent_options *options)
{
	struct agent agent = {
	    .monitor = options->monitor_channel, .runner = -1, .attended = options->attended};
	struct error error = {0};

	process_harden();
	if (set_up(&agent, options, &error) == 0 && loop_run(agent.loop) < 0)
		error_set_errno(&error, EX_OSERR, "cannot wait for events");
	if (error.status != 0)
		tell_failure(options, &error);
	tear_down(&agent);
	return error.status;
}
