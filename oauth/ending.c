/* SPDX-License-Identifier: ISC */
#include "oauth/ending.h"

#include <stdio.h>
#include <time.h>

#include "config/clock.h"
#include "oauth/grant.h"

#define AHEAD 3600 /* seconds */

static void
came_near(void *context)
{
	struct ending *ending = context;

	ending->is_near = true;
	ending->near(ending->context);
}

void
ending_init(struct ending *ending, struct loop *loop, loop_expired *near, void *context)
{
	*ending = (struct ending){.loop = loop, .near = near, .context = context};
	loop_timer_init(&ending->timer, came_near, ending);
}

void
ending_watch(
    struct ending *ending, const struct config_profile *profile, const struct stored_token *stored)
{
	int64_t left = stored->expires - (int64_t)(clock_wall_us() / 1000000) - AHEAD;
	time_t end = (time_t)stored->expires;
	char when[32] = "";
	struct tm tm;

	ending_cancel(ending);
	if (!grant_uses_refresh_token(profile->grant) || stored->access_token == NULL ||
	    stored->refresh_token != NULL || profile->refresh_token.kind != SECRET_NONE)
		return;
	if (localtime_r(&end, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(ending->text, sizeof(ending->text),
	    "access ends at %s, because the server gave no refresh token; run: postoak oauth "
	    "grant %s",
	    when, profile->name);
	loop_timer_set(ending->loop, &ending->timer, left > 0 ? (uint64_t)left * 1000 : 0);
}

void
ending_cancel(struct ending *ending)
{
	loop_timer_cancel(ending->loop, &ending->timer);
	ending->is_near = false;
	ending->text[0] = '\0';
}
