/* The second way in: a message handed to the runner over run/submit. */
#ifndef POSTOAK_SENDMAIL_SUBMIT_SOCKET_H
#define POSTOAK_SENDMAIL_SUBMIT_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "config/error.h"

/* True where the socket is there, whoever listens. */
bool submit_socket_exists(const struct config *config);

/*
 * Send the complete message file `file` and wait for the answer; with `wake` the runner
 * is told to deliver it at once. Returns 0 and *id once the message is durable, or -1
 * and `error`: EX_TEMPFAIL where nobody answers, which then also says `reason`, why
 * this way was taken; else what the receiver answered. Each step waits a minute at
 * most.
 */
int submit_socket_send(const struct config *config, int file, bool wake, const char *reason,
    uint64_t *id, struct error *error);

#endif
