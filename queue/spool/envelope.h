/*
 * A message file: the text header with the envelope, an empty line, then the
 * message in canonical wire form. Immutable once complete.
 */
#ifndef POSTOAK_SPOOL_ENVELOPE_H
#define POSTOAK_SPOOL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/error.h"
#include "queue/spool/envelope_syntax.h"

/* The longest header: 50,000 recipients with all their parameters. */
#define ENVELOPE_HEADER_MAX (96 * 1024 * 1024)

enum envelope_ret { RET_UNSET, RET_FULL, RET_HDRS };

struct recipient {
	char *address;
	unsigned notify;
	char *orcpt; /* "type;xtext" as RFC 3461 4.2 has it, or null */
};

struct envelope {
	char key[ENVELOPE_KEY_SIZE];
	uint64_t received_us; /* microseconds since the epoch */
	uid_t uid;
	char *sender; /* "" for the null sender */
	bool eight_bit;
	bool smtputf8;
	enum envelope_ret ret;
	char *envid; /* xtext, or null */
	struct recipient *recipients;
	size_t recipient_count;
	uint64_t size;        /* octets of the message after the empty line */
	uint32_t crc;         /* crc32c over the file but its 8 digits */
	uint64_t body_offset; /* where the message begins in the file */
	uint64_t crc_offset;  /* where the 8 digits stand */
};

/* Fill `key` with 16 fresh random digits. */
void envelope_new_key(char key[ENVELOPE_KEY_SIZE]);

/*
 * The header as text (fresh, *length octets, including the empty line), with the
 * offsets set in `envelope`. EX_DATAERR where the envelope cannot be written (a
 * line end or control character in an address, too many recipients).
 */
char *envelope_format(struct envelope *envelope, size_t *length, struct error *error);

/*
 * Read and check the header of the open file `fd` (from offset 0, by pread): every
 * field in order, bounds, and that the file's length is body_offset + size. Does
 * not compute the checksum. EX_DATAERR where it is not a message file;
 * EX_UNAVAILABLE for a message file of a higher version. Free with envelope_free.
 */
int envelope_read(int fd, struct envelope *envelope, struct error *error);

/* Compute the file's checksum by reading it whole and compare: 0; -1 and `error`. */
int envelope_verify(int fd, const struct envelope *envelope, struct error *error);

void envelope_free(struct envelope *envelope);

#endif
