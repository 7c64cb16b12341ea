/* SPDX-License-Identifier: ISC */
#include "sendmail/signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sysexits.h>

static void
add_unless_ignored(sigset_t *set, int number)
{
	struct sigaction action;

	/* nohup(1) ignores SIGHUP for its children, shells SIGINT for theirs. */
	if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

int
signals_hold(struct error *error)
{
	sigset_t set;
	int fd;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	add_unless_ignored(&set, SIGTERM);
	add_unless_ignored(&set, SIGINT);
	add_unless_ignored(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_set_errno(error, EX_OSERR, "signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_set_errno(error, EX_OSERR, "signalfd");
	return fd;
}
