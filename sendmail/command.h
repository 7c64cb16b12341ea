/* The commands of postoak(8), one file a group. */
#ifndef POSTOAK_SENDMAIL_COMMAND_H
#define POSTOAK_SENDMAIL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

/* A command as it was called. */
struct command_call {
	const char *config_path; /* -C; null: the default */
	bool json;               /* --json */
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
command_run command_test;
command_run command_profile_list;
command_run command_profile_show;
command_run command_profile_new;
command_run command_oauth_revoke;
command_run command_oauth_token;
command_run command_oauth_test_token;
command_run command_secret_set;
command_run command_secret_list;
command_run command_secret_delete;
command_run command_secret_rekey;
command_run command_oauth_grant;
command_run command_oauth_test_authorization;

#endif
