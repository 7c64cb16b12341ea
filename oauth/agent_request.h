/*
 * What people ask the agent over run/agent, a line each (request.h):
 *
 *     oauth status [PROFILE] [json]
 *     oauth refresh PROFILE
 */
#ifndef POSTOAK_OAUTH_AGENT_REQUEST_H
#define POSTOAK_OAUTH_AGENT_REQUEST_H

#include <sys/types.h>

#include "config/request_server.h"
#include "oauth/accounts.h"

/*
 * Answer `request`, now or when it is known: EX_USAGE for words that are none of the
 * above or a profile that is not there, EX_NOPERM for who may not steer (not root,
 * not our own user, not of group `steering`) or where a person is needed,
 * EX_TEMPFAIL for passing trouble.
 */
void agent_request(struct accounts *accounts, gid_t steering, struct request *request, char *line);

#endif
