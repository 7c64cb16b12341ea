/* SPDX-License-Identifier: ISC */
#include "queue/delivery/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/clock.h"

/* What the child writes, at once: within PIPE_BUF, so it arrives whole or not at all. */
struct answer {
	int status; /* of getaddrinfo */
	int saved_errno;
	struct resolved resolved;
};
_Static_assert(sizeof(struct answer) <= PIPE_BUF, "an answer is one write");

static void
look_up(const char *host, unsigned port, int flags, struct answer *answer)
{
	struct addrinfo hints = {
	    .ai_flags = flags | AI_NUMERICSERV,
	    .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list = NULL;
	struct resolved *resolved = &answer->resolved;
	char service[16];

	memset(answer, 0, sizeof(*answer));
	snprintf(service, sizeof(service), "%u", port);
	answer->status = getaddrinfo(host, service, &hints, &list);
	answer->saved_errno = errno;
	if (answer->status != 0)
		return;
	for (struct addrinfo *a = list; a != NULL && resolved->count < RESOLVE_ADDRESSES_MAX;
	     a = a->ai_next) {
		if (a->ai_addrlen > sizeof(resolved->items[0].address))
			continue;
		memcpy(&resolved->items[resolved->count].address, a->ai_addr, a->ai_addrlen);
		resolved->items[resolved->count++].length = a->ai_addrlen;
	}
	freeaddrinfo(list);
}

static _Noreturn void
child(int output, const char *host, unsigned port)
{
	struct answer answer;

	look_up(host, port, 0, &answer);
	_exit(write(output, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* Wait for the child's answer: 0, or -1 and errno. */
static int
await(int input, int lifeline, uint64_t deadline, struct answer *answer)
{
	struct pollfd pollfds[2] = {{.fd = input, .events = POLLIN}, {.fd = lifeline}};
	int count;

	do {
		uint64_t now = clock_monotonic_ms();
		uint64_t left = deadline > now ? deadline - now : 0;

		count = poll(pollfds, 2, left > INT_MAX ? INT_MAX : (int)left);
	} while (count < 0 && errno == EINTR);
	if (count < 0)
		return -1;
	if (count == 0 || pollfds[1].revents != 0) {
		errno = count == 0 ? ETIMEDOUT : ECANCELED;
		return -1;
	}
	errno = EIO;
	return read(input, answer, sizeof(*answer)) == (ssize_t)sizeof(*answer) ? 0 : -1;
}

/* getaddrinfo in a child: its modules wait for servers as long as they like. */
static int
look_up_in_child(
    const char *host, unsigned port, int lifeline, uint64_t deadline, struct answer *answer)
{
	int pipes[2];
	int result, saved;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		child(pipes[1], host, port);
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return -1;
	}
	result = await(pipes[0], lifeline, deadline, answer);
	saved = errno;
	close(pipes[0]);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	errno = saved;
	return result;
}

int
resolve_host(const char *host, unsigned port, int lifeline, uint64_t deadline,
    struct resolved *resolved, struct error *error)
{
	struct answer answer;

	look_up(host, port, AI_NUMERICHOST, &answer);
	if (answer.status == EAI_NONAME &&
	    look_up_in_child(host, port, lifeline, deadline, &answer) < 0)
		return error_set_errno(error, EX_TEMPFAIL, "cannot look up %s", host);
	if (answer.status == EAI_SYSTEM) {
		errno = answer.saved_errno;
		return error_set_errno(error, EX_TEMPFAIL, "cannot look up %s", host);
	}
	if (answer.status != 0)
		return error_set(
		    error, EX_NOHOST, "cannot look up %s: %s", host, gai_strerror(answer.status));
	if (answer.resolved.count == 0)
		return error_set(error, EX_NOHOST, "%s has no address", host);
	*resolved = answer.resolved;
	return 0;
}
