/*
 * The agent: the one process that owns state/ (secrets and tokens) and talks to
 * authorization servers.
 */
#ifndef POSTOAK_OAUTH_AGENT_H
#define POSTOAK_OAUTH_AGENT_H

#include <stdbool.h>

#include "oauth/agent_protocol.h"

struct agent_options {
	const char *config_path;
	int monitor_channel; /* brings new runner channels (monitor.h); its end means exit */
	int listener;        /* listening socket run/agent, or -1 */
	bool attended;       /* it works for one command, and only while that waits */
};

/*
 * Run the agent until the monitor's channel closes or SIGTERM; already the right
 * user, not yet having read anything. Opens state/, takes state/lock. Returns an
 * exit status (sysexits).
 *
 * `attended`: connections come over the monitor's channel only (PROCESS_CLIENT). A
 * state/ that cannot be opened or is in use ends it, and the monitor is told why
 * (PROCESS_FAILED). Tokens are renewed when they are asked for, not ahead of it:
 * nobody would be there to keep what comes.
 */
int agent_run(const struct agent_options *options);

#endif
