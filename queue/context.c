/* SPDX-License-Identifier: ISC */
#include "queue/context.h"

struct lane *
context_lane(struct context *context, const struct config_profile *profile)
{
	struct lane *lane;

	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->profile == profile && !lane->retired)
		return lane;
	return NULL;
}
