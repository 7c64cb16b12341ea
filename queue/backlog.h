/*
 * All messages the runner knows, found by id. A message takes some 130 octets here;
 * everything else about it is on disk and read when it is due.
 */
#ifndef POSTOAK_QUEUE_BACKLOG_H
#define POSTOAK_QUEUE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bsd/sys/queue.h>

#include "queue/heap.h"

struct lane;
struct loaded;
struct message;

/* A message's part that one profile delivers: the unit of the schedule. */
struct unit {
	struct heap_node node; /* first: a heap node is its unit */
	struct message *message;
	struct lane *lane;
	struct unit *next;       /* the message's other units */
	TAILQ_ENTRY(unit) ready; /* in its lane's list of those that are due */
	uint64_t ready_ms;       /* when it came there */
	bool is_ready;           /* it is there */
	bool busy;               /* on the wire, or its results are being written */
	bool counted;            /* this attempt is in the history already */
	bool tried;              /* with postoakd -q: it had its attempt */
};

/* Results that the delivered log has and the history may not have yet. */
struct final {
	uint32_t index;
	bool failed;
};

struct finals {
	size_t count;
	struct final items[];
};

struct message {
	uint64_t id;
	struct message *next; /* in its hash chain */
	struct unit *units;   /* the first is `unit`, unless it has ended */
	struct unit unit;
	struct loaded *loaded; /* while any unit is busy */
	struct finals *finals;
	bool held;       /* in hold/ */
	bool unread;     /* its header was not read yet: its unit has no profile */
	bool unreadable; /* it could not be read when that was tried last */
	bool unrecorded; /* nobody was told of a failure, and only memory knows it */
	bool misplaced;  /* routes changed while it was on the wire */
};

struct backlog;

struct backlog *backlog_new(void);

/* Releases the messages too. */
void backlog_free(struct backlog *backlog);

/* The message of that id, or null. */
struct message *backlog_find(const struct backlog *backlog, uint64_t id);

/* Add a message, unread, its one unit in no lane. Null and ENOMEM. */
struct message *backlog_add(struct backlog *backlog, uint64_t id);

/* Forget a message whose units are in no heap and no list. */
void backlog_remove(struct backlog *backlog, struct message *message);

size_t backlog_count(const struct backlog *backlog);

/* Call `visit` for every message; it may remove that message. */
void backlog_each(struct backlog *backlog, void (*visit)(struct message *, void *), void *context);

/* A further unit for a message. Null and ENOMEM. */
struct unit *message_add_unit(struct message *message);

/* Take a unit out of the message; it must be in no heap and no list. */
void message_drop_unit(struct message *message, struct unit *unit);

/* Remember that a recipient is final (twice does no harm). Returns 0, or -1 and ENOMEM. */
int message_add_final(struct message *message, uint32_t index, bool failed);

#endif
