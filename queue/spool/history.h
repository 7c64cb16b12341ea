/*
 * history/ID: what happened to a message, one line an event; the state of a
 * message is the fold of its complete lines. Its mtime is the earliest next
 * attempt. Never synced: what must survive is in the delivered log.
 *
 * First line "key: KEY". Then "SECONDS.MICROSECONDS EVENT INDEX REPLY", with INDEX
 * a recipient's number from 0 or "-" for the message.
 */
#ifndef POSTOAK_SPOOL_HISTORY_H
#define POSTOAK_SPOOL_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "queue/spool/envelope.h"
#include "queue/spool/history_text.h"
#include "queue/spool/spool.h"

/* A file is not read further than so many octets. */
#define HISTORY_SIZE_MAX (64 * 1024 * 1024)

enum recipient_state {
	RECIPIENT_PENDING,
	RECIPIENT_DELIVERED,
	RECIPIENT_UNTOLD, /* failed, bounce pending: the relay is not asked again */
	RECIPIENT_FAILED,
};

/* The fold. */
struct history {
	bool exists;              /* a history with the message's key is there */
	unsigned attempts;        /* HISTORY_ATTEMPT lines */
	uint64_t last_attempt_us; /* 0: none */
	bool warned;              /* a delay warning was sent */
	time_t next_attempt;      /* from mtime; 0: none */
	size_t count;             /* recipients, plus one for the profile's archive copy */
	unsigned char *states;    /* enum recipient_state, by index */
	char **replies;           /* latest deferred or failed reply, by index; null: none */
};

/*
 * Append `count` events at `now_us` for the message `id`, all or none; its key begins
 * a new history and replaces one with another key. Replies are made one line
 * (control characters become '?') and cut at 1000 octets. Returns 0, or -1 and errno:
 * EINVAL for a deferred, delivered or failed line without a recipient. A torn tail
 * is ended so that it stays ignored.
 */
int history_append(const struct spool *spool, uint64_t id, const char *key, uint64_t now_us,
    const struct history_line *lines, size_t count);

/* Set the next attempt (the file's mtime). Returns 0, or -1 and errno. */
int history_schedule(const struct spool *spool, uint64_t id, time_t next_attempt);

/*
 * Read and fold, at most HISTORY_SIZE_MAX octets. Lines that make no sense are
 * skipped; delivered and failed are not undone by later lines. A missing history, or
 * one with another key (which is removed), gives an empty one. Returns 0, or -1 and
 * errno. Free with history_free.
 */
int history_read(const struct spool *spool, uint64_t id, const struct envelope *envelope,
    struct history *history);
void history_free(struct history *history);

/* Remove it where it is there. Returns 0, or -1 and errno. */
int history_remove(const struct spool *spool, uint64_t id);

#endif
