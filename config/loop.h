/* The event loop of runner and agent: epoll, timers, signals; no threads. */
#ifndef POSTOAK_CONFIG_LOOP_H
#define POSTOAK_CONFIG_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include <bsd/sys/queue.h>

struct loop;

/* Called with the EPOLL* bits that are ready. */
typedef void loop_ready(int fd, uint32_t events, void *context);
typedef void loop_expired(void *context);
typedef void loop_signalled(int signal, void *context);

/*
 * A timer, embedded in what it times. Initialise with loop_timer_init; must be
 * cancelled before its memory goes away.
 */
struct loop_timer {
	TAILQ_ENTRY(loop_timer) entry;
	uint64_t deadline; /* clock_monotonic_ms */
	loop_expired *expired;
	void *context;
	bool armed;
};

/* A new loop, or NULL and errno. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/*
 * Call `ready` whenever one of `events` (EPOLLIN, EPOLLOUT) is ready on `fd`;
 * again for the same fd: change. Returns 0, or -1 and errno.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events, loop_ready *ready, void *context);

/* Stop watching; call before closing the descriptor. Safe from within callbacks. */
void loop_forget(struct loop *loop, int fd);

void loop_timer_init(struct loop_timer *timer, loop_expired *expired, void *context);

/* Expire once in `ms` milliseconds from now; replaces an earlier setting. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t ms);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/*
 * Block `count` signals and have `signalled` called for each that arrives.
 * Once a loop. Returns 0, or -1 and errno.
 */
int loop_signals(
    struct loop *loop, const int *signals, size_t count, loop_signalled *signalled, void *context);

/* Called once before each wait: work that all callbacks of a turn share. */
void loop_before_wait(struct loop *loop, void (*hook)(void *context), void *context);

/* Run until loop_stop. Returns 0, or -1 and errno where waiting itself failed. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
