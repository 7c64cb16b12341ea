/* SPDX-License-Identifier: ISC */
#include "queue/walk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/stdlib.h>

struct ids {
	uint64_t *items;
	size_t count;
	size_t capacity;
	bool failed;
};

static void
collect(uint64_t id, void *context)
{
	struct ids *ids = context;

	if (ids->count == ids->capacity) {
		size_t capacity = ids->capacity == 0 ? 256 : ids->capacity * 2;
		uint64_t *items = reallocarray(ids->items, capacity, sizeof(*items));

		if (items == NULL) {
			ids->failed = true;
			return;
		}
		ids->items = items;
		ids->capacity = capacity;
	}
	ids->items[ids->count++] = id;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

bool
found_is_open(const struct found *found, size_t index)
{
	const struct history *history = &found->history;

	return index >= history->count || (history->states[index] != RECIPIENT_DELIVERED &&
					      history->states[index] != RECIPIENT_FAILED);
}

static bool
is_open(const void *context, size_t index)
{
	return found_is_open(context, index);
}

static int
read_message(const struct spool *spool, int directory, struct found *found)
{
	struct error error;
	int result = -1;
	int file;

	queue_id_format(found->id, found->name);
	file = openat(directory, found->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return -1;
	if (envelope_read(file, &found->envelope, &error) == 0) {
		if (history_read(spool, found->id, &found->envelope, &found->history) == 0)
			result = 0;
		else
			envelope_free(&found->envelope);
	}
	close(file);
	return result;
}

static bool
is_meant(const struct selection *selection, const struct found *found)
{
	const struct candidate candidate = {
	    .id = found->id,
	    .envelope = &found->envelope,
	    .is_open = is_open,
	    .context = found,
	};

	return selection == NULL || selection_matches(selection, &candidate);
}

int
walk_directory(const struct spool *spool, int directory, const struct selection *selection,
    walk_visit *visit, void *context, struct error *error)
{
	struct ids ids = {0};
	bool more = true;
	int result = -1;

	if (spool_scan(directory, collect, NULL, &ids) < 0)
		error_set_errno(error, EX_IOERR, "cannot read the spool");
	else if (ids.failed)
		error_set(error, EX_OSERR, "out of memory");
	else
		result = 0;
	if (result == 0 && ids.count > 0)
		qsort(ids.items, ids.count, sizeof(*ids.items), compare);
	for (size_t i = 0; result == 0 && more && i < ids.count; i++) {
		struct found found = {.id = ids.items[i]};

		if (read_message(spool, directory, &found) < 0)
			continue;
		if (is_meant(selection, &found))
			more = visit(&found, context);
		history_free(&found.history);
		envelope_free(&found.envelope);
	}
	free(ids.items);
	return result;
}
