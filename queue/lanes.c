/* SPDX-License-Identifier: ISC */
#include "queue/lanes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config/clock.h"
#include "queue/connection.h"
#include "queue/reading.h"

static int
add_missing(
    struct context *context, const struct config *config, loop_expired *expired, void *owner)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];
		struct lane *lane;

		LIST_FOREACH(lane, &context->lanes, entry)
		if (lane->name != NULL && strcmp(lane->name, profile->name) == 0)
			break;
		if (lane != NULL)
			continue;
		lane = lane_new(context->loop, profile, expired, owner, time(NULL));
		if (lane == NULL)
			return -1;
		LIST_INSERT_HEAD(&context->lanes, lane, entry);
	}
	return 0;
}

int
lanes_create(struct context *context, loop_expired *expired, void *owner)
{
	context->nowhere = lane_new(context->loop, NULL, expired, owner, time(NULL));
	if (context->nowhere == NULL)
		return -1;
	LIST_INSERT_HEAD(&context->lanes, context->nowhere, entry);
	return add_missing(context, context->config, expired, owner);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *
name_of(const struct config_profile *profile)
{
	return profile == NULL ? NULL : profile->name;
}

static bool
same_routing(const struct config *a, const struct config *b)
{
	if (a->route_count != b->route_count ||
	    !same_text(name_of(a->default_profile), name_of(b->default_profile)))
		return false;
	for (size_t i = 0; i < a->route_count; i++) {
		const struct config_route *x = &a->routes[i];
		const struct config_route *y = &b->routes[i];

		if (!same_text(x->sender, y->sender) || !same_text(x->recipient, y->recipient) ||
		    x->has_user != y->has_user || x->user != y->user ||
		    !same_text(name_of(x->profile), name_of(y->profile)))
			return false;
	}
	return true;
}

static void
route_anew(struct message *message, void *arg)
{
	struct context *context = arg;
	uint64_t due = UINT64_MAX;

	if (message->held || message->unread)
		return;
	for (const struct unit *unit = message->units; unit != NULL; unit = unit->next) {
		if (unit->busy) {
			/* It is routed anew when it comes back. */
			message->misplaced = true;
			return;
		}
		if (unit->node.due < due)
			due = unit->node.due;
	}
	reading_again(context, message, due);
}

static void
adopt(struct lane *lane, const struct config *config)
{
	const struct config_profile *profile;

	if (lane->name == NULL)
		return;
	profile = config_find_profile(config, lane->name);
	if (lane->profile == NULL || profile == NULL ||
	    !config_profile_equal(lane->profile, profile))
		connection_close_all(lane);
	lane->profile = profile;
	lane->retired = profile == NULL;
	if (profile == NULL)
		return;
	lane->state.slots = profile->limits.connections;
	(void)profile_state_resume(&lane->state, false, time(NULL), clock_monotonic_ms());
	lane_wake(lane);
}

/* What was made for a configuration that does not come to be stays without a profile. */
static void
forget_profiles_but(struct context *context, const struct config *config)
{
	struct lane *lane;

	LIST_FOREACH(lane, &context->lanes, entry)
	{
		if (lane->name == NULL)
			continue;
		lane->profile = config_find_profile(config, lane->name);
		lane->retired = lane->profile == NULL;
	}
}

static void
drop_retired(struct context *context)
{
	struct lane *lane = LIST_FIRST(&context->lanes);

	while (lane != NULL) {
		struct lane *next = LIST_NEXT(lane, entry);

		if (lane->retired && lane->unit_count == 0 && lane->connection_count == 0) {
			LIST_REMOVE(lane, entry);
			lane_free(lane);
		}
		lane = next;
	}
}

int
lanes_reload(struct context *context, struct config *config, loop_expired *expired, void *owner)
{
	struct config *old = context->config;
	bool rerouted = !same_routing(old, config);
	struct lane *lane;

	if (add_missing(context, config, expired, owner) < 0) {
		forget_profiles_but(context, old);
		return -1;
	}
	LIST_FOREACH(lane, &context->lanes, entry)
	adopt(lane, config);
	context->config = config;
	LIST_FOREACH(lane, &context->lanes, entry)
	if (lane->retired && lane->unit_count > 0)
		rerouted = true;
	if (rerouted)
		backlog_each(context->backlog, route_anew, context);
	drop_retired(context);
	config_free(old);
	return 0;
}

void
lanes_free(struct context *context)
{
	struct lane *lane;

	while ((lane = LIST_FIRST(&context->lanes)) != NULL) {
		LIST_REMOVE(lane, entry);
		lane_free(lane);
	}
	context->nowhere = NULL;
}
