/* SPDX-License-Identifier: ISC */
#include "sendmail/newaliases.h"

#include <sysexits.h>

#include "queue/message/aliases.h"

struct report {
	FILE *out;
	unsigned long faults;
};

static void
report_fault(const char *message, void *context)
{
	struct report *report = context;

	fprintf(report->out, "%s\n", message);
	report->faults++;
}

int
newaliases_run(const char *path, FILE *out, struct error *error)
{
	struct report lines = {.out = out};
	struct report targets = {.out = out};
	struct aliases *aliases = aliases_load(path, report_fault, &lines, error);

	if (aliases == NULL)
		return -1;
	aliases_check(aliases, path, report_fault, &targets);
	aliases_free(aliases);
	if (lines.faults > 0)
		return error_set(error, EX_DATAERR, "%s: %lu line%s not understood", path,
		    lines.faults, lines.faults == 1 ? "" : "s");
	return 0;
}
