/* SPDX-License-Identifier: ISC */
#include "queue/readers.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/log.h"
#include "queue/keep_descriptors.h"

#define READERS_MAX 32
#define READERS_A_UID 4
#define READERS_OF_ROOT 8
#define PLACES (READERS_MAX + READERS_OF_ROOT)

struct reader {
	pid_t pid; /* 0: free */
	uid_t uid; /* for whom */
};

struct readers {
	const struct spool *spool;
	struct reader items[PLACES];
};

struct readers *
readers_new(const struct spool *spool)
{
	struct readers *readers = calloc(1, sizeof(*readers));

	if (readers != NULL)
		readers->spool = spool;
	return readers;
}

void
readers_free(struct readers *readers)
{
	free(readers);
}

int
readers_check_room(const struct readers *readers, uid_t uid, struct error *error)
{
	size_t all = 0;
	size_t same = 0;

	for (size_t i = 0; i < PLACES; i++) {
		if (readers->items[i].pid == 0)
			continue;
		all++;
		if (readers->items[i].uid == uid)
			same++;
	}
	/* Root must get through when others have taken all there is. */
	if (uid == 0 ? all < PLACES : all < READERS_MAX && same < READERS_A_UID)
		return 0;
	return error_set(error, EX_TEMPFAIL, "too many requests at a time, try again later");
}

static _Noreturn void
read_spool(
    const struct spool *spool, pid_t runner, int fd, int (*work)(int fd, void *arg), void *arg)
{
	const int kept[] = {spool->incoming, spool->queue, spool->hold, spool->history, fd};
	sigset_t none;

	(void)prctl(PR_SET_NAME, "postoak-list");
	keep_descriptors(kept, sizeof(kept) / sizeof(kept[0]));
	/* Nothing is lost when it is told to end: a client that reads slowly, or never, must
	 * not keep it when the runner is gone. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() != runner)
		_exit(0);
	_exit(work(fd, arg) < 0 ? 1 : 0);
}

int
readers_start(struct readers *readers, uid_t uid, int fd, int (*work)(int fd, void *arg), void *arg)
{
	struct reader *reader = readers->items;
	pid_t runner = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0)
		read_spool(readers->spool, runner, fd, work, arg);
	while (reader->pid != 0)
		reader++;
	*reader = (struct reader){.pid = pid, .uid = uid};
	return 0;
}

void
readers_reaped(struct readers *readers, pid_t pid, int status)
{
	for (size_t i = 0; i < PLACES; i++) {
		if (readers->items[i].pid != pid)
			continue;
		readers->items[i].pid = 0;
		/* One that was told to end has nothing to say. */
		if (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
			log_write(LOG_ERR, "qmgr", "the queue could not be read for a request");
	}
}
