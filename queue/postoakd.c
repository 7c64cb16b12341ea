/* SPDX-License-Identifier: ISC */
/* postoakd: the queue-runner daemon. postoakd(8). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/unistd.h>

#include "config/config.h"
#include "config/log.h"
#include "config/process.h"
#include "queue/monitor.h"
#include "queue/selection.h"

struct arguments {
	const char *config;
	bool foreground;
	bool to_stderr;
	bool one_pass;
	struct selection selection;
};

static void
usage(FILE *out)
{
	(void)fprintf(
	    out, "usage: postoakd [-f] [-e] [-q [-s selection] ...] [-C file] [--version]\n");
}

static int
parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	struct error error;
	int option;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)printf("Postoak %s\n", POSTOAK_VERSION);
		exit(0);
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		exit(0);
	}
	while ((option = getopt(argc, argv, "feqs:C:")) != -1) {
		switch (option) {
		case 'f':
			arguments->foreground = true;
			break;
		case 'e':
			arguments->to_stderr = true;
			break;
		case 'q':
			arguments->one_pass = true;
			break;
		case 's':
			if (selection_add(&arguments->selection, optarg, &error) < 0) {
				(void)fprintf(stderr, "postoakd: %s\n", error.text);
				return -1;
			}
			break;
		case 'C':
			arguments->config = optarg;
			break;
		default:
			usage(stderr);
			return -1;
		}
	}
	if (optind < argc || (arguments->selection.count > 0 && !arguments->one_pass)) {
		usage(stderr);
		return -1;
	}
	return 0;
}

/* A relative path must outlive the change of directory. */
static char *
absolute_path(const char *path)
{
	return path[0] == '/' ? strdup(path) : realpath(path, NULL);
}

static void
reopen_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(EX_OSERR);
}

/*
 * Go into the background. The parent waits for the octet that says that everything
 * runs, so that whoever called it knows. Returns the descriptor to write it to.
 */
static int
go_into_background(void)
{
	int ends[2];
	char octet;
	pid_t pid;
	int null;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		(void)fprintf(stderr, "postoakd: cannot start: %s\n", strerror(errno));
		exit(EX_OSERR);
	}
	if (pid > 0) {
		close(ends[1]);
		if (read(ends[0], &octet, 1) != 1)
			octet = EX_UNAVAILABLE;
		_exit(octet);
	}
	close(ends[0]);
	(void)setsid();
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	return ends[1];
}

int
main(int argc, char **argv)
{
	struct arguments arguments = {.config = CONFIG_DEFAULT_PATH};
	struct monitor_options options = {.announce = -1};
	struct config *config;
	struct error error = {0};
	char *path;
	bool to_stderr;
	int status;

	reopen_standard_descriptors();
	/* Whatever the caller left open is no business of our processes. */
	closefrom(3);
	if (parse_arguments(argc, argv, &arguments) < 0)
		return EX_USAGE;
	path = absolute_path(arguments.config);
	if (path == NULL) {
		(void)fprintf(stderr, "postoakd: %s: %s\n", arguments.config, strerror(errno));
		return EX_NOINPUT;
	}
	process_harden();
	if (config_load(path, &config, &error) < 0) {
		(void)fprintf(stderr, "postoakd: %s\n", error.text);
		free(path);
		return error.status;
	}
	to_stderr =
	    arguments.to_stderr ||
	    (arguments.foreground && (isatty(STDERR_FILENO) || access("/dev/log", F_OK) < 0));
	log_open(config->syslog_name, to_stderr);
	if (!arguments.foreground && !arguments.one_pass)
		options.announce = go_into_background();
	if (chdir("/") < 0)
		return EX_OSERR;

	options.config = config;
	options.one_pass = arguments.one_pass;
	if (arguments.selection.count > 0)
		options.selection = &arguments.selection;
	status = monitor_run(&options, &error);
	if (error.status != 0) {
		(void)fprintf(stderr, "postoakd: %s\n", error.text);
		if (!to_stderr)
			log_write(LOG_CRIT, "master", "%s", error.text);
		/* The parent in the foreground ends with the same status. */
		if (options.announce >= 0 && write(options.announce, &(char){(char)status}, 1) < 0)
			status = EX_OSERR;
	}
	config_free(config);
	free(path);
	return status;
}
