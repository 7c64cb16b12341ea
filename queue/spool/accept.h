/*
 * The accept protocol: how a message becomes durable. Used by sendmail for
 * incoming/, and for bounces in queue/.
 *
 * accept_begin, accept_write any number of times, accept_seal, accept_publish;
 * accept_free in the end. Without accept_publish nothing is left behind.
 */
#ifndef POSTOAK_SPOOL_ACCEPT_H
#define POSTOAK_SPOOL_ACCEPT_H

#include <stddef.h>
#include <stdint.h>

#include "config/error.h"
#include "queue/spool/envelope.h"

struct accept;

/*
 * Open a new file in the directory `directory` (O_TMPFILE, else a dot name) and
 * write the header. `envelope` (size, crc and eight_bit are not yet known) is
 * borrowed until accept_seal. Null and `error`: EX_TEMPFAIL, and errno as open(2)
 * left it, so that the caller can choose another way in on EACCES, EPERM, EROFS
 * and ENOENT; EX_DATAERR and EINVAL for an envelope that envelope_format refuses.
 */
struct accept *accept_begin(int directory, struct envelope *envelope, struct error *error);

/*
 * The same with `file`, an empty file open for reading and writing that is accept's from
 * here on, also on failure: for a message that somebody else will publish. There is no
 * accept_publish for it.
 */
struct accept *accept_begin_file(int file, struct envelope *envelope, struct error *error);

/*
 * Append `length` octets of the message: canonical form (CRLF; no bare CR or LF, no
 * NUL), in pieces of any size. Notes octets over 127. Returns 0, or -1 and `error`
 * (EX_TEMPFAIL).
 */
int accept_write(struct accept *accept, const void *data, size_t length, struct error *error);

/*
 * Finish the contents: flush, patch body, size and checksum, fchmod 0440. After
 * this only accept_publish or accept_free.
 */
int accept_seal(struct accept *accept, struct error *error);

/*
 * Make it durable and give it its name: fsync, link to the next free id, fsync the
 * directory. On failure the name is removed again and EX_TEMPFAIL: the message is
 * not accepted, and nothing may be tried again with this file. *id is set on success.
 */
int accept_publish(struct accept *accept, uint64_t *id, struct error *error);

/* The sealed file, for a process that publishes it elsewhere (accept_publish_file). */
int accept_file(const struct accept *accept);

/*
 * The same for a sealed, still unnamed file `fd` that another process wrote with
 * accept_begin in the same `directory`.
 */
int accept_publish_file(int fd, int directory, uint64_t *id, struct error *error);

/* Remove what was not published, close, free. Null is allowed. Where the file has a
 * dot name it takes the same privilege as accept_begin and accept_publish. */
void accept_free(struct accept *accept);

#endif
