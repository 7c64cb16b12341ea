/* SPDX-License-Identifier: ISC */
/* postoak config: what the configuration file says. */
#include <stdio.h>
#include <sysexits.h>

#include "config/config.h"
#include "config/show.h"
#include "sendmail/command.h"

int
command_config_check(const struct command_call *call, struct error *error)
{
	struct config *config;

	if (config_load(call->config_path, &config, error) < 0) {
		/* FILE:LINE:COLUMN at the beginning of the line, where editors look. */
		fprintf(stderr, "%s\n", error->text);
		return error->status;
	}
	printf("%s: ok\n", config->path);
	config_free(config);
	return EX_OK;
}

int
command_config_show(const struct command_call *call, struct error *error)
{
	struct config *config;
	int result = EX_OK;

	if (config_load(call->config_path, &config, error) < 0)
		return -1;
	if (config_show(config, stdout) < 0)
		result = error_set_errno(error, EX_IOERR, "standard output");
	config_free(config);
	return result;
}
