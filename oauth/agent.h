/*
 * The agent: the one process that owns state/ (secrets and tokens) and talks to
 * authorization servers.
 */
#ifndef POSTOAK_OAUTH_AGENT_H
#define POSTOAK_OAUTH_AGENT_H

#include "oauth/agent_protocol.h"

struct agent_options {
	const char *config_path;
	int monitor_channel; /* brings new runner channels (monitor.h); its end means exit */
	int listener;        /* listening socket run/agent, or -1 */
};

/*
 * Run the agent until the monitor's channel closes or SIGTERM; already the right
 * user, not yet having read anything. Opens state/, takes state/lock. Returns an
 * exit status (sysexits).
 */
int agent_run(const struct agent_options *options);

#endif
