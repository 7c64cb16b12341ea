/* SPDX-License-Identifier: ISC */
#include "queue/held_profiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define NAME "held-profiles"
#define NEW_NAME ".held-profiles.new"

static void
hold(struct context *context, const char *name)
{
	struct lane *lane;

	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->name != NULL && strcmp(lane->name, name) == 0)
		(void)profile_state_hold(&lane->state, time(NULL));
}

void
held_profiles_read(struct context *context)
{
	int fd = openat(context->spool.root, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char line[CONFIG_NAME_MAX + 2];

	if (in == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		hold(context, line);
	}
	(void)fclose(in);
}

int
held_profiles_write(const struct context *context, struct error *error)
{
	int root = context->spool.root;
	int fd =
	    openat(root, NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	const struct lane *lane;
	int failed = 0;

	if (out == NULL) {
		if (fd >= 0)
			close(fd);
		return error_set_errno(error, EX_IOERR, "cannot write held-profiles");
	}
	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->name != NULL && lane->state.condition == CONDITION_HELD &&
	    fprintf(out, "%s\n", lane->name) < 0)
		failed = 1;
	if (fclose(out) != 0 || failed || renameat(root, NEW_NAME, root, NAME) < 0) {
		error_set_errno(error, EX_IOERR, "cannot write held-profiles");
		(void)unlinkat(root, NEW_NAME, 0);
		return -1;
	}
	return 0;
}
