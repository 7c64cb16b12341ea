/*
 * Asking the agent: the daemon's over run/agent, or, while there is no daemon, one of
 * our own, which runs the same code under the same lock as the same user.
 */
#ifndef POSTOAK_SENDMAIL_AGENT_LINK_H
#define POSTOAK_SENDMAIL_AGENT_LINK_H

#include <stdio.h>

#include "config/error.h"

struct agent_link;

/*
 * Reach an agent; `config_path` null: the default. On success *link is new. Without a
 * daemon root and the owner of the state directory start an agent, which ends with the
 * link; EX_UNAVAILABLE for others. EX_TEMPFAIL where somebody else has the state
 * directory just then. EX_NOPERM, EX_CONFIG, EX_NOUSER, EX_OSERR.
 */
int agent_link_open(const char *config_path, struct agent_link **link, struct error *error);

/* End it; null is allowed. */
void agent_link_close(struct agent_link *link);

/*
 * Send the request `line` (agent_request.h). Returns a descriptor for request_copy, or
 * -1 and `error` as request_send. What is asked of one link is asked of one agent.
 */
int agent_link_send(struct agent_link *link, const char *line, struct error *error);

/* Send it and copy the answer's body to `out`. -1 and `error` as request_copy's, too. */
int agent_link_ask(struct agent_link *link, const char *line, FILE *out, struct error *error);

#endif
