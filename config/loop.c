/* SPDX-License-Identifier: ISC */
#include "config/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "config/clock.h"

#define EVENTS_A_TURN 64

struct watch {
	loop_ready *ready;
	void *context;
	uint32_t generation; /* so that a stale event of this turn is not given to a new user of the
				fd */
};

struct loop {
	int epoll;
	int signal_fd;
	bool stopped;
	struct watch *watches; /* indexed by descriptor */
	size_t watch_count;
	uint32_t generation;
	TAILQ_HEAD(timer_list, loop_timer) timers; /* soonest first */
	loop_signalled *signalled;
	void *signal_context;
	void (*hook)(void *);
	void *hook_context;
};

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return NULL;
	loop->signal_fd = -1;
	TAILQ_INIT(&loop->timers);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll);
	free(loop->watches);
	free(loop);
}

int
loop_watch(struct loop *loop, int fd, uint32_t events, loop_ready *ready, void *context)
{
	struct epoll_event event = {.events = events};
	struct watch *watch;
	bool known;

	if ((size_t)fd >= loop->watch_count) {
		size_t count = (size_t)fd + 64;
		struct watch *watches =
		    recallocarray(loop->watches, loop->watch_count, count, sizeof(*watches));

		if (watches == NULL)
			return -1;
		loop->watches = watches;
		loop->watch_count = count;
	}
	watch = &loop->watches[fd];
	known = watch->ready != NULL;
	if (!known)
		watch->generation = ++loop->generation;
	event.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd;
	if (epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
		return -1;
	watch->ready = ready;
	watch->context = context;
	return 0;
}

void
loop_forget(struct loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->watch_count || loop->watches[fd].ready == NULL)
		return;
	(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop->watches[fd].ready = NULL;
}

void
loop_timer_init(struct loop_timer *timer, loop_expired *expired, void *context)
{
	memset(timer, 0, sizeof(*timer));
	timer->expired = expired;
	timer->context = context;
}

void
loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	if (!timer->armed)
		return;
	TAILQ_REMOVE(&loop->timers, timer, entry);
	timer->armed = false;
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t ms)
{
	struct loop_timer *other;

	loop_timer_cancel(loop, timer);
	timer->deadline = clock_monotonic_ms() + ms;
	timer->armed = true;
	/* There are a few dozen timers at most: messages have a heap of their own. */
	TAILQ_FOREACH_REVERSE(other, &loop->timers, timer_list, entry)
	{
		if (other->deadline <= timer->deadline) {
			TAILQ_INSERT_AFTER(&loop->timers, other, timer, entry);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&loop->timers, timer, entry);
}

static void
signal_ready(int fd, uint32_t events, void *context)
{
	struct loop *loop = context;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->signalled((int)info.ssi_signo, loop->signal_context);
}

int
loop_signals(
    struct loop *loop, const int *signals, size_t count, loop_signalled *signalled, void *context)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	loop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0)
		return -1;
	loop->signalled = signalled;
	loop->signal_context = context;
	return loop_watch(loop, loop->signal_fd, EPOLLIN, signal_ready, loop);
}

void
loop_before_wait(struct loop *loop, void (*hook)(void *context), void *context)
{
	loop->hook = hook;
	loop->hook_context = context;
}

/* Milliseconds until the first timer, rounded up; -1 without one. */
static int
wait_time(const struct loop *loop)
{
	const struct loop_timer *first = TAILQ_FIRST(&loop->timers);
	uint64_t now = clock_monotonic_ms();

	if (first == NULL)
		return -1;
	if (first->deadline <= now)
		return 0;
	return first->deadline - now > 3600000 ? 3600000 : (int)(first->deadline - now);
}

static void
expire_timers(struct loop *loop)
{
	uint64_t now = clock_monotonic_ms();
	struct loop_timer *first;

	while ((first = TAILQ_FIRST(&loop->timers)) != NULL && first->deadline <= now) {
		loop_timer_cancel(loop, first);
		first->expired(first->context);
	}
}

int
loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_A_TURN];

	loop->stopped = false;
	while (!loop->stopped) {
		int count;

		if (loop->hook != NULL)
			loop->hook(loop->hook_context);
		if (loop->stopped)
			break;
		count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait_time(loop));
		if (count < 0 && errno != EINTR)
			return -1;
		for (int i = 0; i < count && !loop->stopped; i++) {
			int fd = (int)(uint32_t)events[i].data.u64;
			const struct watch *watch = &loop->watches[fd];

			if (watch->ready != NULL &&
			    watch->generation == (uint32_t)(events[i].data.u64 >> 32))
				watch->ready(fd, events[i].events, watch->context);
		}
		expire_timers(loop);
	}
	return 0;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
