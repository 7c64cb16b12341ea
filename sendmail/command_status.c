/* SPDX-License-Identifier: ISC */
/* postoak status: is the mail flowing? */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/config.h"
#include "config/text_stream.h"
#include "queue/spool/spool.h"
#include "sendmail/command.h"
#include "sendmail/control.h"

enum health { HEALTHY = 0, DEGRADED = 1, DOWN = 2 }; /* exit statuses */

static enum health
health_of(const char *answer, bool json)
{
	static const char member[] = "\"health\":";

	if (!json)
		return strncmp(answer, "Postoak is healthy", 18) == 0 ? HEALTHY : DEGRADED;
	answer = strstr(answer, member);
	if (answer == NULL)
		return DEGRADED;
	answer += strlen(member);
	answer += strspn(answer, " ");
	return strncmp(answer, "\"healthy\"", 9) == 0 ? HEALTHY : DEGRADED;
}

static void
count_name(uint64_t id, void *context)
{
	(void)id;
	++*(unsigned long *)context;
}

static unsigned long
count_names(int directory)
{
	unsigned long count = 0;

	spool_scan(directory, count_name, NULL, &count);
	return count;
}

/* What the spool says of itself, for those who may read it. */
static void
print_queue(const struct config *config)
{
	struct spool spool;

	if (spool_open(config, &spool, NULL) < 0) {
		printf("null");
		return;
	}
	printf("{\"incoming\":%lu,\"active\":0,\"deferred\":%lu,\"hold\":%lu,\"unread\":0,"
	       "\"undeliverable\":%lu,\"corrupt\":%lu}",
	    count_names(spool.incoming), count_names(spool.queue), count_names(spool.hold),
	    count_names(spool.undeliverable), count_names(spool.corrupt));
	spool_close(&spool);
}

static bool
is_valid(const char *config_path)
{
	struct config *config;

	if (config_load(config_path, &config, NULL) < 0)
		return false;
	config_free(config);
	return true;
}

static void
print_down(const struct command_call *call, const struct config *config, const char *reason)
{
	if (!call->json) {
		printf("Postoak is down: %s\n", reason);
		return;
	}
	printf("{\"health\":\"down\",\"runner\":\"down\",\"configuration\":\"%s\","
	       "\"separation\":\"none\",\"profiles\":[],\"queue\":",
	    is_valid(call->config_path) ? "ok" : "invalid");
	print_queue(config);
	printf("}\n");
}

static int
report(const struct command_call *call, const struct config *config, struct error *error)
{
	const char *request = call->json ? "status json" : "status text";
	char *answer = NULL;
	size_t length;
	FILE *out = text_stream_open(&answer, &length);
	int result;

	if (out == NULL)
		return error_set_errno(error, EX_OSERR, "status");
	result = control_ask(config, request, out, error);
	if (fclose(out) != 0)
		result = error_set_errno(error, EX_OSERR, "status");
	if (result == 0) {
		fputs(answer, stdout);
		result = health_of(answer, call->json);
	} else if (error->status == EX_UNAVAILABLE) {
		print_down(call, config, error->text);
		result = DOWN;
	}
	free(answer);
	return result;
}

int
command_status(const struct command_call *call, struct error *error)
{
	struct config *config;
	int result;

	if (config_load_submission(call->config_path, &config, error) < 0)
		return -1;
	result = report(call, config, error);
	config_free(config);
	return result;
}
