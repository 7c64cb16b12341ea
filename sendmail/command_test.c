/* SPDX-License-Identifier: ISC */
/* postoak test: one message now, and what happened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "config/config.h"
#include "config/request.h"
#include "queue/trial.h"
#include "sendmail/command.h"
#include "sendmail/control.h"

/* Show the lines as they come. Returns the status that the last one tells, or -1 and `error`. */
static int
show(FILE *in, struct error *error)
{
	char *line = NULL;
	size_t size = 0;
	int status = -1;

	while (status < 0 && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, TRIAL_EXIT, strlen(TRIAL_EXIT)) == 0)
			status = (int)strtonum(line + strlen(TRIAL_EXIT), 0, 255, NULL);
		else
			puts(line);
		if (fflush(stdout) != 0)
			break;
	}
	free(line);
	if (ferror(stdout))
		return error_set_errno(error, EX_IOERR, "standard output");
	return status >= 0 ? status
			   : error_set(error, EX_UNAVAILABLE, "postoakd broke off its answer");
}

static int
follow(int fd, struct error *error)
{
	const struct timeval patience = {.tv_sec = TRIAL_LIMIT + 20};
	FILE *in = fdopen(fd, "r");
	int result;

	if (in == NULL) {
		error_set_errno(error, EX_OSERR, "cannot read the answer");
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	result = show(in, error);
	fclose(in);
	return result;
}

int
command_test(const struct command_call *call, struct error *error)
{
	const char *profile = call->arguments[0], *recipient = call->arguments[1];
	char request[REQUEST_MAX];
	struct config *config;
	int fd;

	/* The daemon may go on with an older file, but it is this one that is being tried. */
	if (config_load(call->config_path, &config, error) < 0)
		return -1;
	if (strpbrk(profile, " \n") != NULL || strpbrk(recipient, " \n") != NULL ||
	    (size_t)snprintf(request, sizeof(request), "test %s %s", profile, recipient) >=
		sizeof(request)) {
		config_free(config);
		return error_set(error, EX_USAGE, "not a profile and an address");
	}
	fd = control_send(config, request, error);
	config_free(config);
	return fd < 0 ? -1 : follow(fd, error);
}
