/*
 * A message file as it goes out: our Received field, the header with the profile's
 * identity, the body octet for octet.
 */
#ifndef POSTOAK_DELIVERY_CONTENT_H
#define POSTOAK_DELIVERY_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/delivery/wire.h"
#include "queue/message/identity.h"
#include "queue/spool/envelope.h"

struct content {
	int file; /* the caller's */
	struct envelope envelope;
	char *received;           /* our Received field */
	size_t hops;              /* Received fields of others */
	struct identity identity; /* the header to send */
	uint64_t body;            /* offset in the file of what follows the empty line */
	uint64_t end;             /* the file's length */
	uint32_t crc;             /* of the file up to `body` */
	uint64_t size;            /* octets to send, before folding and dot-stuffing */
};

/* Where a message is going, as far as that shows in it. */
struct content_options {
	const struct config *config;
	const struct config_profile *profile;
	uint64_t id;      /* queue id */
	const char *user; /* the submitting user */
};

/*
 * Read envelope and header of the open message `file`. Returns 0, or -1 and `error`:
 * EX_DATAERR where it is no message, EX_IOERR where it cannot be read, EX_OSERR where
 * memory is short. Release with content_free, after failure too.
 */
int content_open(
    struct content *content, int file, const struct content_options *options, struct error *error);

enum content_result {
	CONTENT_SENT,
	CONTENT_STOPPED, /* the wire took no more */
	CONTENT_CORRUPT, /* the file cannot be read, or its checksum differs */
};

/*
 * Write the whole message to `wire`. The checksum of the file is known when the last
 * octet has been read: the caller ends the message only on CONTENT_SENT.
 */
enum content_result content_send(const struct content *content, struct wire *wire);

void content_free(struct content *content);

#endif
