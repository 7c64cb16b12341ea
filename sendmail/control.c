/* SPDX-License-Identifier: ISC */
#include "sendmail/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/request.h"

#define TIMEOUT 30 /* seconds */

int
control_send(const struct config *config, const char *line, struct error *error)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/control", config->directories.runtime) < 0)
		return error_set_errno(error, EX_OSERR, "request");
	fd = request_send(path, line, TIMEOUT, error);
	free(path);
	return fd;
}

int
control_ask(const struct config *config, const char *line, FILE *out, struct error *error)
{
	FILE *sink = out != NULL ? out : fopen("/dev/null", "we");
	int result = -1;
	int fd;

	if (sink == NULL)
		return error_set_errno(error, EX_OSERR, "/dev/null");
	fd = control_send(config, line, error);
	if (fd >= 0)
		result = request_copy(fd, sink, TIMEOUT, error);
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
