/* `oauth status`: what the agent knows of each profile, for programs and for people. */
#ifndef POSTOAK_OAUTH_STATUS_H
#define POSTOAK_OAUTH_STATUS_H

#include <stddef.h>

#include "oauth/account.h"

/*
 * The status of `count` profiles: JSON (an array of objects, one line), or a table
 * with advice below, seen at wall time `now` in seconds. Returns a fresh string, or
 * null without memory.
 */
char *status_json(const struct account_view *views, size_t count);
char *status_text(const struct account_view *views, size_t count, int64_t now);

#endif
