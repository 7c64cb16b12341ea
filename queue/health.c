/* SPDX-License-Identifier: ISC */
#include "queue/health.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include <jansson.h>

#include "config/clock.h"
#include "config/text_stream.h"

struct counts {
	size_t incoming;
	size_t active;
	size_t deferred;
	size_t hold;
	size_t unread;
	size_t undeliverable;
	size_t corrupt;
};

static size_t
count_files(int directory)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	size_t count = 0;

	if (stream == NULL) {
		if (copy >= 0)
			close(copy);
		return 0;
	}
	while ((entry = readdir(stream)) != NULL)
		if (entry->d_name[0] != '.')
			count++;
	(void)closedir(stream);
	return count;
}

static struct counts
count(const struct context *context)
{
	struct counts counts = {
	    .incoming = count_files(context->spool.incoming),
	    .active = context->active_count,
	    .hold = context->held_count,
	    .unread = context->unread_count,
	    .undeliverable = count_files(context->spool.undeliverable),
	    .corrupt = count_files(context->spool.corrupt),
	};
	size_t others = counts.active + counts.hold + counts.unread;
	size_t all = backlog_count(context->backlog);

	counts.deferred = all > others ? all - others : 0;
	return counts;
}

/* Wall clock seconds of a time of the monotonic clock. */
static time_t
wall_time(uint64_t monotonic_ms)
{
	uint64_t now = clock_monotonic_ms();
	time_t wall = (time_t)(clock_wall_us() / 1000000);

	return monotonic_ms > now ? wall + (time_t)((monotonic_ms - now) / 1000) : wall;
}

/* Everything that keeps the daemon from being healthy, in words. */
static char *
troubles(const struct context *context, const struct health_options *options)
{
	char *text = NULL;
	size_t length;
	FILE *out = text_stream_open(&text, &length);
	const char *separator = "";
	const struct lane *lane;

	if (out == NULL)
		return NULL;
	if (options->configuration_invalid) {
		(void)fprintf(
		    out, "the configuration file is invalid, the last good one is in use");
		separator = "; ";
	}
	if (context->log_broken) {
		(void)fprintf(out, "%sresults cannot be recorded, nothing is delivered", separator);
		separator = "; ";
	}
	if (context->newer_count > 0) {
		(void)fprintf(
		    out, "%s%zu message files of a newer version", separator, context->newer_count);
		separator = "; ";
	}
	if (context->config->profile_count == 0) {
		(void)fprintf(out, "%sno profile is configured, mail is kept", separator);
		separator = "; ";
	}
	LIST_FOREACH(lane, &context->lanes, entry)
	{
		if (lane->name == NULL || lane->profile == NULL)
			continue;
		if (lane->ending[0] != '\0') {
			(void)fprintf(out, "%sprofile %s: access ends soon", separator, lane->name);
			separator = "; ";
		}
		if (lane->state.condition == CONDITION_READY)
			continue;
		(void)fprintf(out, "%sprofile %s is %s", separator, lane->name,
		    lane->state.condition == CONDITION_BACKING_OFF
			? "backing off"
			: profile_condition_name(lane->state.condition));
		separator = "; ";
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- JSON ---- */

/* What others said may be cut in the middle of a character, which JSON does not take. */
static json_t *
words(const char *text)
{
	json_t *string = json_string(text);
	char copy[1024];

	if (string != NULL)
		return string;
	strlcpy(copy, text, sizeof(copy));
	for (char *p = copy; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return json_string(copy);
}

static json_t *
profile_json(const struct lane *lane)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:I, s:o, s:I}", "name", lane->name, "state",
	    profile_condition_name(lane->state.condition), "reason", words(lane->state.reason),
	    "advice", words(lane->state.advice[0] == '\0' ? lane->ending : lane->state.advice),
	    "since", (json_int_t)lane->state.since, "next_probe",
	    profile_state_probes(&lane->state)
		? json_integer((json_int_t)wall_time(lane->state.next_probe))
		: json_null(),
	    "queued", (json_int_t)lane->unit_count);
}

char *
health_json(const struct context *context, const struct health_options *options, size_t *length)
{
	struct counts counts = count(context);
	char *trouble = troubles(context, options);
	json_t *profiles = json_array();
	const struct lane *lane;
	json_t *root;
	char *text;

	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->name != NULL && lane->profile != NULL)
		(void)json_array_append_new(profiles, profile_json(lane));
	root = json_pack("{s:s, s:s, s:s, s:s, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
	    "health", trouble != NULL && trouble[0] == '\0' ? "healthy" : "degraded", "runner",
	    "up", "configuration", options->configuration_invalid ? "invalid" : "ok", "separation",
	    options->separated ? "full" : "none", "profiles", profiles, "queue", "incoming",
	    (json_int_t)counts.incoming, "active", (json_int_t)counts.active, "deferred",
	    (json_int_t)counts.deferred, "hold", (json_int_t)counts.hold, "unread",
	    (json_int_t)counts.unread, "undeliverable", (json_int_t)counts.undeliverable, "corrupt",
	    (json_int_t)counts.corrupt);
	free(trouble);
	if (root == NULL)
		return NULL;
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (text != NULL)
		*length = strlen(text);
	return text;
}

/* ---- text ---- */

static void
print_lane(FILE *out, const struct lane *lane)
{
	char when[32] = "";
	time_t probe = wall_time(lane->state.next_probe);
	struct tm tm;

	(void)fprintf(out, "  %-20s %-12s %zu queued", lane->name,
	    profile_condition_name(lane->state.condition), lane->unit_count);
	if (profile_state_probes(&lane->state) && localtime_r(&probe, &tm) != NULL) {
		(void)strftime(when, sizeof(when), "%H:%M:%S", &tm);
		(void)fprintf(out, ", next probe %s", when);
	}
	(void)fprintf(out, "\n");
	if (lane->state.reason[0] != '\0')
		(void)fprintf(out, "      why: %s\n", lane->state.reason);
	if (lane->state.advice[0] != '\0')
		(void)fprintf(out, "      do:  %s\n", lane->state.advice);
	if (lane->ending[0] != '\0')
		(void)fprintf(out, "      soon: %s\n", lane->ending);
}

char *
health_text(const struct context *context, const struct health_options *options, size_t *length)
{
	struct counts counts = count(context);
	char *trouble = troubles(context, options);
	const struct lane *lane;
	char *text = NULL;
	FILE *out = text_stream_open(&text, length);

	if (out == NULL || trouble == NULL) {
		free(trouble);
		return NULL;
	}
	if (trouble[0] == '\0')
		(void)fprintf(out, "Postoak is healthy.\n");
	else
		(void)fprintf(out, "Postoak is degraded: %s.\n", trouble);
	free(trouble);
	(void)fprintf(out,
	    "\nQueue: %zu incoming, %zu active, %zu deferred, %zu held, %zu unread, "
	    "%zu undeliverable, %zu corrupt\n",
	    counts.incoming, counts.active, counts.deferred, counts.hold, counts.unread,
	    counts.undeliverable, counts.corrupt);
	(void)fprintf(out, "separation: %s\n", options->separated ? "full" : "none");
	if (context->nowhere->unit_count > 0)
		(void)fprintf(out, "Without a profile: %zu queued\n", context->nowhere->unit_count);
	(void)fprintf(out, "Profiles:\n");
	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->name != NULL && lane->profile != NULL)
		print_lane(out, lane);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- mailq ---- */

bool
health_lane_waits(const struct lane *lane, char *reason, size_t size)
{
	const struct profile_state *state = &lane->state;
	const char *why = state->advice[0] != '\0' ? state->advice : state->reason;
	char when[64] = "";
	time_t probe;
	struct tm tm;

	if (lane->profile == NULL) {
		(void)snprintf(reason, size, "no profile is configured for this message");
		return true;
	}
	switch (state->condition) {
	case CONDITION_READY:
		return false;
	case CONDITION_HELD: /* by postoak suspend */
	case CONDITION_SUSPENDED:
		(void)snprintf(reason, size, "profile %s suspended: %s", lane->name, why);
		break;
	case CONDITION_BACKING_OFF:
		probe = wall_time(state->next_probe);
		if (localtime_r(&probe, &tm) != NULL)
			(void)strftime(when, sizeof(when), "; next attempt %Y-%m-%d %H:%M:%S", &tm);
		(void)snprintf(reason, size, "profile %s: %.500s%s%.500s%s", lane->name,
		    state->reason, state->advice[0] != '\0' ? "; " : "", state->advice, when);
		break;
	}
	return true;
}
