/*
 * A message while it is worked on: its file open, its envelope read, each
 * recipient's fate and profile known.
 */
#ifndef POSTOAK_QUEUE_LOADED_H
#define POSTOAK_QUEUE_LOADED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/context.h"
#include "queue/spool/envelope.h"

enum fate {
	FATE_PENDING,  /* to be tried */
	FATE_BUSY,     /* in a transaction */
	FATE_DEFERRED, /* tried in this attempt, refused for now */
	FATE_UNTOLD,   /* failed for good, but its sender could not be told yet */
	FATE_SENT,
	FATE_FAILED,
};

struct loaded {
	int file;
	struct envelope envelope;
	unsigned attempts; /* that reached the relay */
	bool warned;       /* a delay warning was sent */
	size_t count;      /* recipients and the archive copy: indexes are below it */
	unsigned char *fates;
	struct lane **lanes;   /* by index; null for recipients that are final */
	char **replies;        /* by index: the last deferring or failing reply, or null */
	uint64_t next_attempt; /* wall clock seconds; 0: none was set */
};

enum loaded_result {
	LOADED_OK,
	LOADED_ABSENT,  /* the file is gone */
	LOADED_CORRUPT, /* it is no message file */
	LOADED_NEWER,   /* of a higher version */
	LOADED_FAILED,  /* the system refused */
};

/*
 * Read the message's header, history and delivered lines, and route each recipient
 * that is not final. Results that only the delivered log had are written into the
 * history. On LOADED_OK message->loaded is set.
 */
enum loaded_result loaded_open(
    struct context *context, struct message *message, struct error *error);

/* Release message->loaded; nothing where there is none. */
void loaded_close(struct message *message);

/* True where index `i` is a recipient (not the archive copy) that is not final. */
bool loaded_is_open(const struct loaded *loaded, size_t i);

/* True where any recipient is. */
bool loaded_has_open(const struct loaded *loaded);

/* Microseconds since it was submitted; 0 where the clock was set back since. */
uint64_t loaded_age_us(const struct loaded *loaded);

/* Recipients of `lane` (null: any) in the given fate. */
size_t loaded_count(const struct loaded *loaded, const struct lane *lane, enum fate fate);

/* Reply texts of index `i`: `reply` is copied; null clears. */
void loaded_set_reply(struct loaded *loaded, size_t i, const char *reply);

/* The address of index `i`; for the archive copy the profile's archive. */
const char *loaded_address(const struct loaded *loaded, const struct lane *lane, size_t i);

#endif
