/*
 * delivered.N: the log of final recipients, written and synced before a result is
 * acted on. Lines "ID KEY INDEX sent|failed CRC".
 *
 * Nothing here syncs but delivered_open. A round of syncs, made by another process,
 * makes all lines durable that were appended before it began:
 *
 *	fdatasync  each delivered_previous, until that is -1; then close it
 *	fdatasync  delivered_file
 *	fsync      the spool's root, where delivered_directory_dirty
 *
 * The results of those lines may be acted on when all of them have succeeded; one
 * round has to end before the next one begins. Where one fails: delivered_abandon,
 * and append the round's lines again.
 */
#ifndef POSTOAK_SPOOL_DELIVERED_H
#define POSTOAK_SPOOL_DELIVERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/delivered_line.h"
#include "queue/spool/spool.h"

#define DELIVERED_GENERATION_SIZE (4 * 1024 * 1024)

struct delivered;

/*
 * Read all generations (bad lines skipped), begin a new one of
 * DELIVERED_GENERATION_SIZE (less on a disk that is nearly full), zero-filled, into which every
 * line for which `live` says true is written again, and sync it. The old generations stay until
 * delivered_retire: the unlink of a message that is not live need not be durable yet.
 * `spool` is borrowed until delivered_free. Null and `error` where an old generation
 * cannot be read or no new one can be written.
 */
struct delivered *delivered_open(const struct spool *spool,
    bool (*live)(const struct delivered_line *line, void *context), void *context,
    struct error *error);
void delivered_free(struct delivered *delivered);

/*
 * What the log said at delivered_open about a message: calls `apply` once for each
 * recipient in a line of this id and key, then forgets them.
 */
void delivered_recall(struct delivered *delivered, uint64_t id, const char *key,
    void (*apply)(uint32_t index, bool failed, void *context), void *context);

/*
 * Write one line at the end of the current generation (buffered by the kernel, not
 * synced). Goes on in the next generation where this one is full; that one is made
 * when this one is half full, so that a full disk shows early and stops nothing for a
 * while. -1 and `error` (EX_IOERR) where it cannot be written: then no new
 * transaction may start; a later call may succeed.
 */
int delivered_append(
    struct delivered *delivered, const struct delivered_line *line, struct error *error);

/* The current generation; -1 between delivered_abandon and the next line. */
int delivered_file(const struct delivered *delivered);

/* A full generation whose last lines may still need an fdatasync, or -1; the caller
 * gets the descriptor once and closes it. */
int delivered_previous(struct delivered *delivered);

/* True, once, after a generation was made: until the root directory is synced, a power
 * cut can take its name and with it its lines. */
bool delivered_directory_dirty(struct delivered *delivered);

/*
 * A sync failed, so that nobody knows what of the current generation is on disk: never
 * write to it or sync it again. The next line begins another one.
 */
void delivered_abandon(struct delivered *delivered);

/*
 * True where older generations wait to be removed: do a syncfs of the spool, then
 * delivered_retire. Notes which ones they are; those that become full before
 * delivered_retire wait for another time.
 */
bool delivered_retirable(struct delivered *delivered);

/*
 * Called after a syncfs that began after `delivered_retirable` was true: remove the
 * generations that were full then. The caller has made sure that their lines are in
 * histories (or written again by delivered_append).
 */
void delivered_retire(struct delivered *delivered);

#endif
