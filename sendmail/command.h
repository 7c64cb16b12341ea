/* The commands of postoak(8), one file a group. */
#ifndef POSTOAK_SENDMAIL_COMMAND_H
#define POSTOAK_SENDMAIL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

/* Options of some commands, as bits. */
enum {
	COMMAND_JSON = 1 << 0,
	COMMAND_DEVICE = 1 << 1,
	COMMAND_BROWSER = 1 << 2,
	COMMAND_PASTE = 1 << 3,
	COMMAND_REDEEM = 1 << 4,
	COMMAND_CLIENT = 1 << 5,
};

/* A command as it was called. */
struct command_call {
	const char *config_path; /* -C; null: the default */
	bool json;               /* --json */
	unsigned options;        /* COMMAND_* bits */
	const char *client;      /* --client; null: not given */
	char **arguments;        /* the words after the command */
	size_t count;
};

/*
 * A command writes its result to standard output and returns the exit status, or -1 and
 * `error`, which the caller prints. The number of its arguments has been checked.
 */
typedef int command_run(const struct command_call *call, struct error *error);

command_run command_config_check;
command_run command_config_show;
command_run command_status;
command_run command_queue_list;
command_run command_suspend;
command_run command_resume;
command_run command_oauth_status;
command_run command_oauth_refresh;
command_run command_oauth_grant;
command_run command_oauth_test_authorization;

#endif
