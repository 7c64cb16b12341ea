/* Asking the runner, over run/control. (The agent is asked over an agent_link.) */
#ifndef POSTOAK_SENDMAIL_CONTROL_H
#define POSTOAK_SENDMAIL_CONTROL_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "config/error.h"

/*
 * Send the request `line`. Returns a descriptor for control_copy, or -1 and `error` as
 * request_send: EX_UNAVAILABLE means that the daemon is down.
 */
int control_send(const struct config *config, const char *line, struct error *error);

/*
 * Send the request `line` and copy the answer's body to `out` (null: drop it). Errors
 * as request_send and request_copy.
 */
int control_ask(const struct config *config, const char *line, FILE *out, struct error *error);

/*
 * True where the caller may do the daemon's work while it is down: root, and the
 * owner of the spool. Where there is no spool yet, whoever can make one owns it.
 */
bool control_is_owner(const struct config *config);

#endif
