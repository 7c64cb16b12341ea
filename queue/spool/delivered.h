/*
 * delivered.N: the log of final recipients, written and synced before a result is
 * acted on. Lines "ID KEY INDEX sent|failed CRC".
 */
#ifndef POSTOAK_SPOOL_DELIVERED_H
#define POSTOAK_SPOOL_DELIVERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/envelope.h"
#include "queue/spool/spool.h"

#define DELIVERED_GENERATION_SIZE (4 * 1024 * 1024)

struct delivered;

struct delivered_line {
	uint64_t id;
	char key[ENVELOPE_KEY_SIZE];
	uint32_t index;
	bool failed; /* else sent */
};

/*
 * Read all generations (bad lines skipped), begin a new one of
 * DELIVERED_GENERATION_SIZE, zero-filled, into which every line for which `live`
 * says true is written again. The old generations stay until delivered_retire.
 * Null and `error` where no new generation can be written.
 */
struct delivered *delivered_open(const struct spool *spool,
    bool (*live)(const struct delivered_line *line, void *context), void *context,
    struct error *error);
void delivered_free(struct delivered *delivered);

/*
 * What the log said at delivered_open about a message: calls `apply` for each line
 * of this id and key, then forgets them.
 */
void delivered_recall(struct delivered *delivered, uint64_t id, const char *key,
    void (*apply)(uint32_t index, bool failed, void *context), void *context);

/*
 * Write one line at the end of the current generation (buffered by the kernel, not
 * synced). Begins the next generation where this one is full. -1 and `error` where
 * it cannot be written: then no new transaction may start.
 */
int delivered_append(
    struct delivered *delivered, const struct delivered_line *line, struct error *error);

/* The descriptor that one fdatasync makes all appended lines durable on. After a
 * change of generation it is another one: lines appended before are synced by
 * delivered_append itself handing over *previous, see delivered_previous. */
int delivered_file(const struct delivered *delivered);

/* A full generation whose last lines still need an fdatasync, or -1; the caller
 * gets the descriptor once and closes it. */
int delivered_previous(struct delivered *delivered);

/* True where older generations wait to be removed: do a syncfs of the spool, then
 * delivered_retire. */
bool delivered_retirable(const struct delivered *delivered);

/*
 * Called after a syncfs that began after `delivered_retirable` was seen: remove the
 * generations that were full then. The caller has made sure that their lines are in
 * histories (or written again by delivered_append).
 */
void delivered_retire(struct delivered *delivered);

#endif
