/* SPDX-License-Identifier: ISC */
#include "sendmail/input.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/clock.h"

/* Who writes more than this, or for longer, into a program that has failed will not ask
 * it why. */
#define DRAIN_MAX (256UL * 1024 * 1024)
#define DRAIN_SECONDS 5

/* As input_read; also -1, without an error, where nothing comes for `timeout`
 * milliseconds (-1: never). */
static ssize_t
read_within(int signals, char *buffer, size_t size, int timeout, struct error *error)
{
	struct pollfd wait[] = {
	    {.fd = STDIN_FILENO, .events = POLLIN},
	    {.fd = signals, .events = POLLIN},
	};
	ssize_t count;
	int ready;

	for (;;) {
		ready = poll(wait, 2, timeout);
		if (ready == 0)
			return -1;
		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return error_set_errno(error, EX_IOERR, "standard input");
		}
		if (wait[1].revents != 0)
			return error_set(error, EX_TEMPFAIL, "interrupted, nothing was sent");
		count = read(STDIN_FILENO, buffer, size);
		if (count >= 0)
			return count;
		/* Whoever shares our end of the pipe may have made it non-blocking. */
		if (errno != EINTR && errno != EAGAIN)
			return error_set_errno(error, EX_IOERR, "standard input");
	}
}

ssize_t
input_read(int signals, char *buffer, size_t size, struct error *error)
{
	return read_within(signals, buffer, size, -1, error);
}

void
input_drain(int signals)
{
	uint64_t deadline = clock_monotonic_ms() + DRAIN_SECONDS * 1000;
	char buffer[16384];
	struct stat status;
	size_t drained = 0;

	if (fstat(STDIN_FILENO, &status) < 0 ||
	    (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode)))
		return;
	while (drained < DRAIN_MAX) {
		uint64_t now = clock_monotonic_ms();
		ssize_t count;

		if (now >= deadline)
			return;
		count = read_within(signals, buffer, sizeof buffer, (int)(deadline - now), NULL);
		if (count <= 0)
			return;
		drained += (size_t)count;
	}
}
