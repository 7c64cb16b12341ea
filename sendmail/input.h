/*
 * Standard input, read so that a signal can end the program between two reads and
 * nowhere else: one before the end of the input leaves nothing behind; after it the
 * message is finished, because the caller may count it as sent.
 */
#ifndef POSTOAK_SENDMAIL_INPUT_H
#define POSTOAK_SENDMAIL_INPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "config/error.h"

/*
 * Wait for and read up to `size` octets. Returns their number, 0 at the end, or -1
 * and `error`: EX_TEMPFAIL after a signal, of which `signals` tells (signals.h), EX_IOERR
 * where the input cannot be read.
 */
ssize_t input_read(int signals, char *buffer, size_t size, struct error *error);

/*
 * Read and forget what still comes out of a pipe or socket, so that the writer is
 * not killed by SIGPIPE before it can ask for our exit status. Ends at a signal, after
 * five seconds, and after 256 MiB.
 */
void input_drain(int signals);

#endif
