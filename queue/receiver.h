/*
 * One submission over run/submit: a process that takes a message file from a client it
 * does not trust, checks everything in it, makes it its own and puts it into incoming/.
 *
 * Until it is complete it is in a file without a name, so that a client that goes away
 * leaves nothing, nor does a receiver that dies. Memory stays small whatever comes: the
 * message is only mapped, and of envelopes with many recipients one is held at a time.
 */
#ifndef POSTOAK_QUEUE_RECEIVER_H
#define POSTOAK_QUEUE_RECEIVER_H

#include <sys/types.h>

#include "config/config.h"

struct receiver_options {
	const struct config *config;
	int incoming; /* the spool's directory */
	int fd;       /* the connection, blocking or not */
	uid_t uid;    /* who is at its other end */
};

/*
 * Serve the connection in this forked process, answer, and end. All signals that the
 * runner blocks are blocked; SIGTERM leaves a few seconds for what is on its way.
 */
_Noreturn void receiver_run(const struct receiver_options *options);

/* The one line that a client gets, without waiting for it (submit_protocol.h). */
void receiver_answer(int fd, int status, const char *text);

#endif
