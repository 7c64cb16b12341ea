/* SPDX-License-Identifier: ISC */
#include "queue/alert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/string.h>
#include <bsd/unistd.h>

#include "config/config.h"
#include "config/log.h"

#define TIME_LIMIT_MS 10000
#define ARGUMENTS_MAX 64

struct word {
	TAILQ_ENTRY(word) entry;
	char profile[CONFIG_NAME_MAX + 1];
	char state[16];
	char reason[1024];
};

struct alert {
	struct loop *loop;
	struct loop_timer limit;
	char *const *command; /* null: none */
	pid_t pid;            /* 0: none runs */
	TAILQ_HEAD(, word) words;
};

static void
too_slow(void *context)
{
	struct alert *alert = context;

	if (alert->pid == 0)
		return;
	log_write(LOG_WARNING, "alert", "alert_command takes over 10 s; it is killed");
	(void)kill(-alert->pid, SIGKILL);
}

struct alert *
alert_new(struct loop *loop)
{
	struct alert *alert = calloc(1, sizeof(*alert));

	if (alert == NULL)
		return NULL;
	alert->loop = loop;
	TAILQ_INIT(&alert->words);
	loop_timer_init(&alert->limit, too_slow, alert);
	return alert;
}

static void
discard_words(struct alert *alert)
{
	struct word *word;

	while ((word = TAILQ_FIRST(&alert->words)) != NULL) {
		TAILQ_REMOVE(&alert->words, word, entry);
		free(word);
	}
}

void
alert_free(struct alert *alert)
{
	if (alert == NULL)
		return;
	loop_timer_cancel(alert->loop, &alert->limit);
	if (alert->pid != 0)
		(void)kill(-alert->pid, SIGKILL);
	discard_words(alert);
	free(alert);
}

static _Noreturn void
execute(char *const *command, const struct word *word)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char locale[] = "LC_ALL=C";
	char *const environment[] = {path, locale, NULL};
	char *argv[ARGUMENTS_MAX + 4];
	char copies[3][sizeof(word->reason)];
	size_t count = 0;
	sigset_t none;
	int null;

	(void)setpgid(0, 0);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(126);
	closefrom(3);
	while (command[count] != NULL && count < ARGUMENTS_MAX) {
		argv[count] = command[count];
		count++;
	}
	strlcpy(copies[0], word->profile, sizeof(copies[0]));
	strlcpy(copies[1], word->state, sizeof(copies[1]));
	strlcpy(copies[2], word->reason, sizeof(copies[2]));
	for (int i = 0; i < 3; i++)
		argv[count++] = copies[i];
	argv[count] = NULL;
	(void)execve(argv[0], argv, environment);
	_exit(127);
}

static void
run_next(struct alert *alert)
{
	struct word *word = TAILQ_FIRST(&alert->words);

	if (alert->pid != 0 || word == NULL || alert->command == NULL)
		return;
	TAILQ_REMOVE(&alert->words, word, entry);
	alert->pid = fork();
	if (alert->pid == 0)
		execute(alert->command, word);
	if (alert->pid < 0) {
		log_write(LOG_ERR, "alert", "cannot run alert_command: %s", strerror(errno));
		alert->pid = 0;
	} else {
		loop_timer_set(alert->loop, &alert->limit, TIME_LIMIT_MS);
	}
	free(word);
}

void
alert_set_command(struct alert *alert, char *const *command)
{
	alert->command = command;
	/* They would be old news when there is a command again. */
	if (command == NULL)
		discard_words(alert);
}

bool
alert_is_idle(const struct alert *alert)
{
	return alert->pid == 0 && TAILQ_EMPTY(&alert->words);
}

void
alert_send(struct alert *alert, const char *profile, const char *state, const char *reason)
{
	struct word *word;

	if (alert->command == NULL || alert->command[0] == NULL)
		return;
	TAILQ_FOREACH(word, &alert->words, entry)
	if (strcmp(word->profile, profile) == 0)
		break;
	if (word == NULL) {
		word = calloc(1, sizeof(*word));
		if (word == NULL)
			return;
		TAILQ_INSERT_TAIL(&alert->words, word, entry);
	}
	strlcpy(word->profile, profile, sizeof(word->profile));
	strlcpy(word->state, state, sizeof(word->state));
	strlcpy(word->reason, reason, sizeof(word->reason));
	run_next(alert);
}

bool
alert_reaped(struct alert *alert, pid_t pid, int status)
{
	if (pid != alert->pid)
		return false;
	alert->pid = 0;
	loop_timer_cancel(alert->loop, &alert->limit);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_write(
		    LOG_WARNING, "alert", "alert_command failed (status 0x%04x)", (unsigned)status);
	run_next(alert);
	return true;
}
