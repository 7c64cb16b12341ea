/* The last half of the accept protocol: durable first, then visible, then durable
 * under its name. Used by accept.c; dot names also where O_TMPFILE is missing. */
#ifndef POSTOAK_SPOOL_PUBLISH_H
#define POSTOAK_SPOOL_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/envelope.h"

/* "." and the message's key. */
#define PUBLISH_NAME_SIZE (1 + ENVELOPE_KEY_SIZE)

/* The name that a message has until it is published, where it needs one. */
void publish_dot_name(const char key[ENVELOPE_KEY_SIZE], char name[PUBLISH_NAME_SIZE]);

/*
 * The same of an open message file that another process wrote; "" where it has none.
 * Returns 0, or -1 and errno.
 */
int publish_find_dot_name(int fd, char name[PUBLISH_NAME_SIZE]);

/* True where the unnamed file `fd` can be given a name: that needs /proc. */
bool publish_possible(int fd);

/*
 * fsync the file, give it the next free id as its name in `directory` in place of
 * `dot_name` ("": unnamed), fsync the directory. On failure -1 and `error`
 * (EX_TEMPFAIL), and the name is removed again.
 */
int publish_file(int fd, int directory, const char *dot_name, uint64_t *id, struct error *error);

#endif
