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
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "queue/spool/envelope.h"
#include "queue/spool/spool.h"

enum history_event {
	HISTORY_ATTEMPT,   /* a transaction reached the relay; counts */
	HISTORY_DEFERRED,  /* recipient: refused for now */
	HISTORY_DELIVERED, /* recipient: final */
	HISTORY_FAILED,    /* recipient: final */
	HISTORY_HELD,
	HISTORY_RELEASED,
	HISTORY_BOUNCE,    /* reply: the bounce's queue id, or "warning ID" for a delay warning */
};

enum recipient_state { RECIPIENT_PENDING, RECIPIENT_DELIVERED, RECIPIENT_FAILED };

/* The fold. */
struct history {
	bool exists;      /* a history with the message's key is there */
	unsigned attempts; /* HISTORY_ATTEMPT lines */
	uint64_t last_attempt_us; /* 0: none */
	bool warned;      /* a delay warning was sent */
	bool bounced;     /* a bounce for the failed recipients was accepted */
	time_t next_attempt; /* from mtime; 0: none */
	size_t count;     /* recipients, plus one for the profile's archive copy */
	unsigned char *states; /* enum recipient_state, by index */
	char **replies;   /* latest deferred or failed reply, by index; null: none */
};

/*
 * Append one event for the message `id` (whose key begins a new history). `reply`
 * is made one line and cut at 1000 octets. `index` -1: the message. Returns 0, or
 * -1 and errno.
 */
struct history_line {
	enum history_event event;
	long index;
	const char *reply;
};
int history_append(const struct spool *spool, uint64_t id, const char *key, uint64_t now_us,
    const struct history_line *lines, size_t count);

/* Set the next attempt (the file's mtime). Returns 0, or -1 and errno. */
int history_schedule(const struct spool *spool, uint64_t id, time_t next_attempt);

/*
 * Read and fold. A missing history, or one with another key (which is removed),
 * gives an empty one. Returns 0, or -1 and errno. Free with history_free.
 */
int history_read(const struct spool *spool, uint64_t id, const struct envelope *envelope,
    struct history *history);
void history_free(struct history *history);

int history_remove(const struct spool *spool, uint64_t id);

#endif
