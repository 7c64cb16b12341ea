/* What the generations of the delivered log say, read at start-up. Used by
 * delivered.c. */
#ifndef POSTOAK_SPOOL_DELIVERED_FOLD_H
#define POSTOAK_SPOOL_DELIVERED_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/spool/delivered_line.h"

/* One line for each recipient, sorted. Start from {0}. */
struct delivered_fold {
	struct delivered_line *lines;
	size_t count;
	size_t capacity;
	size_t remembered; /* lines not yet recalled */
};

/*
 * Add the lines of the open generation `fd` for which `live` says true; others take no
 * memory. Bad lines are skipped. Returns 0, or -1 and errno.
 */
int delivered_fold_read(struct delivered_fold *fold, int fd,
    bool (*live)(const struct delivered_line *line, void *context), void *context);

/* Sort, once all generations are read, and drop what is said twice. */
void delivered_fold_finish(struct delivered_fold *fold);

/* As delivered_recall. */
void delivered_fold_recall(struct delivered_fold *fold, uint64_t id, const char *key,
    void (*apply)(uint32_t index, bool failed, void *context), void *context);

void delivered_fold_free(struct delivered_fold *fold);

#endif
