/* SPDX-License-Identifier: ISC */
#include "sendmail/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/request.h"

/* Seconds. The agent may have to ask an authorization server first. */
#define RUNNER_TIMEOUT 30
#define AGENT_TIMEOUT 120

static int
timeout_of(enum control_peer peer)
{
	return peer == CONTROL_AGENT ? AGENT_TIMEOUT : RUNNER_TIMEOUT;
}

int
control_send(
    const struct config *config, enum control_peer peer, const char *line, struct error *error)
{
	const char *name = peer == CONTROL_AGENT ? "agent" : "control";
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", config->directories.runtime, name) < 0)
		return error_set_errno(error, EX_OSERR, "request");
	fd = request_send(path, line, timeout_of(peer), error);
	free(path);
	return fd;
}

int
control_ask(const struct config *config, enum control_peer peer, const char *line, FILE *out,
    struct error *error)
{
	FILE *sink = out != NULL ? out : fopen("/dev/null", "we");
	int result = -1;
	int fd;

	if (sink == NULL)
		return error_set_errno(error, EX_OSERR, "/dev/null");
	fd = control_send(config, peer, line, error);
	if (fd >= 0)
		result = request_copy(fd, sink, timeout_of(peer), error);
	if (sink != out)
		fclose(sink);
	return result;
}

bool
control_is_owner(const struct config *config)
{
	struct stat status;

	if (getuid() == 0)
		return true;
	if (stat(config->directories.spool, &status) < 0)
		return errno == ENOENT;
	return status.st_uid == getuid();
}
