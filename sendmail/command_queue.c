/* SPDX-License-Identifier: ISC */
/* postoak queue: the messages that wait. */
#include <stdio.h>
#include <sysexits.h>

#include "config/config.h"
#include "sendmail/command.h"
#include "sendmail/queue_view.h"

int
command_queue_list(const struct command_call *call, struct error *error)
{
	const struct selection all = {0};
	struct config *config;
	int result;

	if (config_load_submission(call->config_path, &config, error) < 0)
		return -1;
	result = queue_view_write(config, &all, call->json, stdout, error);
	config_free(config);
	return result < 0 ? -1 : EX_OK;
}
