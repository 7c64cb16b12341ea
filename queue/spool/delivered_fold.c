/* SPDX-License-Identifier: ISC */
#include "queue/spool/delivered_fold.h"

#include <stdlib.h>
#include <string.h>

#include "queue/spool/delivered_text.h"
#include "queue/spool/line_reader.h"

/* A generation is some MiB; what is larger was not written by us. */
#define READ_MAX (UINT64_C(1) << 30)

static int
add(struct delivered_fold *fold, const struct delivered_line *line)
{
	if (fold->count == fold->capacity) {
		size_t capacity = fold->capacity == 0 ? 64 : 2 * fold->capacity;
		struct delivered_line *larger;

		larger = reallocarray(fold->lines, capacity, sizeof(*larger));
		if (larger == NULL)
			return -1;
		fold->lines = larger;
		fold->capacity = capacity;
	}
	fold->lines[fold->count++] = *line;
	return 0;
}

int
delivered_fold_read(struct delivered_fold *fold, int fd,
    bool (*live)(const struct delivered_line *line, void *context), void *context)
{
	struct delivered_line line;
	struct line_reader reader;
	enum line_result result;
	size_t length;
	char *text;

	/* The preallocated rest is zeros, and so is a page that was never written. */
	line_reader_init(&reader, fd, READ_MAX, true);
	while ((result = line_reader_next(&reader, &text, &length)) != LINE_END) {
		if (result == LINE_ERROR)
			return -1;
		if (result == LINE_OK && delivered_text_parse(text, length, &line) &&
		    live(&line, context) && add(fold, &line) == -1)
			return -1;
	}
	return 0;
}

/* By id, key and index; sent before failed: what was delivered must not bounce. */
static int
compare(const void *a, const void *b)
{
	const struct delivered_line *x = a;
	const struct delivered_line *y = b;
	int by_key;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	by_key = strcmp(x->key, y->key);
	if (by_key != 0)
		return by_key;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (int)x->failed - (int)y->failed;
}

static bool
same_recipient(const struct delivered_line *a, const struct delivered_line *b)
{
	return a->id == b->id && a->index == b->index && strcmp(a->key, b->key) == 0;
}

void
delivered_fold_finish(struct delivered_fold *fold)
{
	size_t kept = 0;

	if (fold->count > 0)
		qsort(fold->lines, fold->count, sizeof(fold->lines[0]), compare);
	for (size_t i = 0; i < fold->count; i++)
		if (kept == 0 || !same_recipient(&fold->lines[kept - 1], &fold->lines[i]))
			fold->lines[kept++] = fold->lines[i];
	fold->count = kept;
	fold->remembered = kept;
}

/* The first line of this id, or where it would be. */
static size_t
find(const struct delivered_fold *fold, uint64_t id)
{
	size_t low = 0;
	size_t high = fold->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fold->lines[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
delivered_fold_recall(struct delivered_fold *fold, uint64_t id, const char *key,
    void (*apply)(uint32_t index, bool failed, void *context), void *context)
{
	for (size_t i = find(fold, id); i < fold->count && fold->lines[i].id == id; i++) {
		struct delivered_line *line = &fold->lines[i];

		if (strcmp(line->key, key) != 0)
			continue;
		apply(line->index, line->failed, context);
		line->key[0] = '\0'; /* forgotten: no message has this key */
		fold->remembered--;
	}
	if (fold->remembered == 0)
		delivered_fold_free(fold);
}

void
delivered_fold_free(struct delivered_fold *fold)
{
	free(fold->lines);
	memset(fold, 0, sizeof(*fold));
}
