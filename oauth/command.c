/* SPDX-License-Identifier: ISC */
#include "oauth/command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/sys/queue.h>

#include "config/secret.h"
#include "config/strings.h"
#include "oauth/command_spawn.h"
#include "oauth/scrub.h"

#define TIME_LIMIT_MS 10000
#define RUNNING_MAX 16
#define COMPLAINT_MAX 256

struct command {
	TAILQ_ENTRY(command) entry;
	struct commands *commands;
	char **argv;
	command_done *done; /* null: nobody wants to know any more */
	void *context;
	pid_t pid; /* 0: waits for its turn */
	int process;
	int output_fd;
	int complaint_fd;
	struct loop_timer limit;
	char *output;
	size_t length;
	char complaint[COMPLAINT_MAX]; /* the beginning of its standard error */
	size_t complaint_length;
};

struct commands {
	struct loop *loop;
	struct loop_timer turn;
	size_t running;
	TAILQ_HEAD(command_list, command) list; /* first come, first served */
};

static void take_turns(void *context);

struct commands *
commands_new(struct loop *loop)
{
	struct commands *commands = calloc(1, sizeof(*commands));

	if (commands == NULL)
		return NULL;
	commands->loop = loop;
	TAILQ_INIT(&commands->list);
	loop_timer_init(&commands->turn, take_turns, commands);
	return commands;
}

static void
close_pipe(struct command *command, int *fd)
{
	if (*fd < 0)
		return;
	loop_forget(command->commands->loop, *fd);
	close(*fd);
	*fd = -1;
}

/* Take it out of the list and release it; it must not run any more. */
static void
release(struct command *command)
{
	struct commands *commands = command->commands;

	loop_timer_cancel(commands->loop, &command->limit);
	close_pipe(command, &command->output_fd);
	close_pipe(command, &command->complaint_fd);
	close_pipe(command, &command->process);
	if (command->pid != 0)
		commands->running--;
	TAILQ_REMOVE(&commands->list, command, entry);
	strings_argv_free(command->argv);
	freezero(command->output, SECRET_MAX + 2);
	freezero(command, sizeof(*command));
}

void
commands_free(struct commands *commands)
{
	struct command *command;

	if (commands == NULL)
		return;
	while ((command = TAILQ_FIRST(&commands->list)) != NULL) {
		if (command->pid != 0) {
			(void)kill(-command->pid, SIGKILL);
			(void)waitpid(command->pid, NULL, WNOHANG);
		}
		release(command);
	}
	loop_timer_cancel(commands->loop, &commands->turn);
	free(commands);
}

static void
report(struct command *command, const char *output, const struct error *error)
{
	command_done *done = command->done;

	command->done = NULL;
	if (done != NULL)
		done(output, error, command->context);
}

/* Kill it without waiting for its end: its place is free only then, but its caller is. */
static void
abandon(struct command *command, const char *why)
{
	struct error error;

	(void)kill(-command->pid, SIGKILL);
	error_set(&error, EX_TEMPFAIL, "%.256s %s", command->argv[0], why);
	report(command, NULL, &error);
}

static void
too_slow(void *context)
{
	abandon(context, "took longer than 10 s");
}

void
command_cancel(struct command *command)
{
	if (command == NULL)
		return;
	command->done = NULL;
	if (command->pid == 0)
		release(command);
	else
		(void)kill(-command->pid, SIGKILL);
}

/* Take what there is; false where that is too much. */
static bool
read_output(struct command *command)
{
	ssize_t count = 1;

	while (command->output_fd >= 0 && command->length <= SECRET_MAX) {
		count = read(command->output_fd, command->output + command->length,
		    SECRET_MAX + 1 - command->length);
		if (count > 0)
			command->length += (size_t)count;
		else if (count < 0 && errno == EAGAIN)
			break;
		else if (count == 0 || errno != EINTR)
			close_pipe(command, &command->output_fd);
	}
	return command->length <= SECRET_MAX;
}

static void
output_ready(int fd, uint32_t events, void *context)
{
	struct command *command = context;

	(void)fd;
	(void)events;
	if (!read_output(command)) {
		close_pipe(command, &command->output_fd);
		abandon(command, "printed more than 64 KiB");
	}
}

/* Keep the beginning; the rest is read all the same, so that it does not wait for us. */
static void
complaint_ready(int fd, uint32_t events, void *context)
{
	struct command *command = context;
	size_t room = sizeof(command->complaint) - 1 - command->complaint_length;
	char text[1024];
	ssize_t count = read(fd, text, sizeof(text));

	(void)events;
	if (count > 0) {
		if ((size_t)count < room)
			room = (size_t)count;
		memcpy(command->complaint + command->complaint_length, text, room);
		command->complaint_length += room;
	} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_pipe(command, &command->complaint_fd);
	}
	explicit_bzero(text, sizeof(text));
}

static void
describe_failure(struct command *command, int status, struct error *error)
{
	const char *secrets[] = {command->output};
	char scrubbed[COMPLAINT_MAX];

	command->complaint[strcspn(command->complaint, "\r\n")] = '\0';
	scrub(scrubbed, sizeof(scrubbed), command->complaint, secrets, 1);
	error_set(error, EX_TEMPFAIL, "%.256s ended with %s %d%s%s", command->argv[0],
	    WIFSIGNALED(status) ? "signal" : "status",
	    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	    scrubbed[0] == '\0' ? "" : ": ", scrubbed);
}

/* Whether a command that ended with `status` printed what it was run for. */
static int
judge(struct command *command, int status, struct error *error)
{
	if (command->length > 0 && command->output[command->length - 1] == '\n')
		command->length--;
	command->output[command->length] = '\0';
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		describe_failure(command, status, error);
		return -1;
	}
	if (command->length == 0)
		return error_set(error, EX_TEMPFAIL, "%.256s printed nothing", command->argv[0]);
	if (strlen(command->output) != command->length)
		return error_set(error, EX_TEMPFAIL, "%.256s printed a NUL", command->argv[0]);
	return 0;
}

static void
ended(int fd, uint32_t events, void *context)
{
	struct command *command = context;
	struct commands *commands = command->commands;
	struct error error;
	int status = -1; /* a failure, should nobody tell */

	(void)events;
	/* Until it is reaped, no other group can have its number. */
	(void)kill(-command->pid, SIGKILL);
	if (command->done != NULL && !read_output(command))
		abandon(command, "printed more than 64 KiB");
	if (command->complaint_fd >= 0)
		complaint_ready(command->complaint_fd, EPOLLIN, command);
	while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	loop_timer_set(commands->loop, &commands->turn, 0);
	loop_forget(commands->loop, fd);
	if (command->done != NULL) {
		bool good = judge(command, status, &error) == 0;

		report(command, good ? command->output : NULL, good ? NULL : &error);
	}
	release(command);
}

static int
watch(struct command *command)
{
	struct loop *loop = command->commands->loop;

	command->process = (int)syscall(SYS_pidfd_open, command->pid, 0);
	if (command->process < 0 ||
	    loop_watch(loop, command->process, EPOLLIN, ended, command) < 0 ||
	    loop_watch(loop, command->output_fd, EPOLLIN, output_ready, command) < 0 ||
	    loop_watch(loop, command->complaint_fd, EPOLLIN, complaint_ready, command) < 0)
		return -1;
	loop_timer_set(loop, &command->limit, TIME_LIMIT_MS);
	return 0;
}

static bool
no_such_program(int code)
{
	return code == ENOENT || code == EACCES || code == ENOTDIR || code == ENOEXEC;
}

static int
start(struct command *command, struct error *error)
{
	command->output = calloc(1, SECRET_MAX + 2);
	if (command->output == NULL)
		return error_set_errno(error, EX_OSERR, "cannot run %.256s", command->argv[0]);
	command->pid = command_spawn(command->argv, &command->output_fd, &command->complaint_fd);
	if (command->pid < 0) {
		command->pid = 0;
		return error_set_errno(error, no_such_program(errno) ? EX_CONFIG : EX_OSERR,
		    "cannot run %.256s", command->argv[0]);
	}
	command->commands->running++;
	if (watch(command) == 0)
		return 0;
	error_set_errno(error, EX_OSERR, "cannot wait for %.256s", command->argv[0]);
	(void)kill(-command->pid, SIGKILL);
	(void)waitpid(command->pid, NULL, 0);
	return -1;
}

static bool
may_start(const struct command *command)
{
	const struct command *other;

	if (command->pid != 0)
		return false;
	TAILQ_FOREACH(other, &command->commands->list, entry)
	if (other->pid != 0 && strings_argv_equal(other->argv, command->argv))
		return false;
	return true;
}

static void
take_turns(void *context)
{
	struct commands *commands = context;
	struct command *command;
	struct error error;

again:
	TAILQ_FOREACH(command, &commands->list, entry)
	{
		if (commands->running >= RUNNING_MAX)
			return;
		if (!may_start(command) || start(command, &error) == 0)
			continue;
		report(command, NULL, &error);
		release(command);
		/* Whom it was reported to may have changed the list. */
		goto again;
	}
}

struct command *
command_run(struct commands *commands, char *const *argv, command_done *done, void *context,
    struct error *error)
{
	struct command *command = calloc(1, sizeof(*command));

	if (command == NULL || (command->argv = strings_argv_copy(argv)) == NULL) {
		free(command);
		error_set_errno(error, EX_OSERR, "cannot run %.256s", argv[0]);
		return NULL;
	}
	command->commands = commands;
	command->done = done;
	command->context = context;
	command->process = command->output_fd = command->complaint_fd = -1;
	loop_timer_init(&command->limit, too_slow, command);
	TAILQ_INSERT_TAIL(&commands->list, command, entry);
	loop_timer_set(commands->loop, &commands->turn, 0);
	return command;
}
