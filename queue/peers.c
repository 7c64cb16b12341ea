/* SPDX-License-Identifier: ISC */
#include "queue/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/channel.h"
#include "config/clock.h"
#include "config/pack.h"
#include "oauth/agent.h"
#include "queue/advice.h"
#include "queue/delivery/launcher.h"

struct peers {
	struct context *context;
	struct dispatch *dispatch;
	void (*changed)(struct lane *lane, void *arg);
	void (*ends)(struct lane *lane, void *arg);
	void *arg;
	int agent; /* channels, -1: none now */
	int launcher;
	struct channel_message message;
};

static void
lost_agent(struct peers *peers)
{
	loop_forget(peers->context->loop, peers->agent);
	close(peers->agent);
	peers->agent = -1;
	dispatch_set_agent(peers->dispatch, -1);
}

/* Access is about to end: told once, while there is time. */
static void
note_ending(struct peers *peers, struct lane *lane, const char *ending)
{
	if (strcmp(lane->ending, ending) == 0)
		return;
	strlcpy(lane->ending, ending, sizeof(lane->ending));
	if (*ending != '\0')
		peers->ends(lane, peers->arg);
}

/* What the agent says of a profile. */
static void
agent_changed(struct peers *peers)
{
	struct context *context = peers->context;
	const struct config_profile *profile;
	struct unpacker unpacker;
	enum agent_state state;
	struct lane *lane;
	const char *reason;
	const char *ending;
	char advice[ADVICE_MAX];
	bool changed;

	unpack_init(&unpacker, peers->message.body, peers->message.length);
	profile = config_find_profile(context->config, unpack_string(&unpacker));
	state = (enum agent_state)unpack_u32(&unpacker);
	reason = unpack_string(&unpacker);
	advice_in_one_line(unpack_string(&unpacker), advice);
	ending = unpack_string(&unpacker);
	lane = profile == NULL ? NULL : context_lane(context, profile);
	if (lane == NULL || !unpack_complete(&unpacker))
		return;
	if (state != AGENT_READY)
		changed = profile_state_no_credential(&lane->state, state == AGENT_NEEDS_PERSON,
		    reason, advice, &context->config->queue, time(NULL), clock_monotonic_ms());
	else
		changed =
		    lane->state.condition != CONDITION_HELD &&
		    profile_state_resume(&lane->state, true, time(NULL), clock_monotonic_ms());
	if (changed)
		peers->changed(lane, peers->arg);
	note_ending(peers, lane, ending);
	lane_wake(lane);
}

static void
agent_ready(int fd, uint32_t events, void *arg)
{
	struct peers *peers = arg;
	int result;

	(void)events;
	while ((result = channel_receive(fd, &peers->message)) > 0)
		if (peers->message.type == AGENT_CHANGED)
			agent_changed(peers);
	if (result == 0 || errno != EAGAIN)
		lost_agent(peers);
}

static void
meet_agent(struct peers *peers, int channel)
{
	if (peers->agent >= 0)
		lost_agent(peers);
	peers->agent = channel;
	dispatch_set_agent(peers->dispatch, channel);
	(void)loop_watch(peers->context->loop, channel, EPOLLIN, agent_ready, peers);
}

static void
meet_launcher(struct peers *peers, int channel)
{
	if (peers->launcher >= 0)
		close(peers->launcher);
	peers->launcher = channel;
	dispatch_set_launcher(peers->dispatch, channel);
}

struct peers *
peers_new(struct context *context, struct dispatch *dispatch,
    void (*changed)(struct lane *lane, void *arg), void (*ends)(struct lane *lane, void *arg),
    void *arg)
{
	struct peers *peers = malloc(sizeof(*peers));

	if (peers == NULL)
		return NULL;
	*peers = (struct peers){
	    .context = context,
	    .dispatch = dispatch,
	    .changed = changed,
	    .ends = ends,
	    .arg = arg,
	    .agent = -1,
	    .launcher = -1,
	};
	if (channel_message_init(&peers->message) < 0) {
		free(peers);
		return NULL;
	}
	return peers;
}

void
peers_meet(struct peers *peers, enum process_role role, int channel)
{
	struct lane *lane;

	(void)fcntl(channel, F_SETFL, O_NONBLOCK);
	if (role == PROCESS_AGENT)
		meet_agent(peers, channel);
	else
		meet_launcher(peers, channel);
	LIST_FOREACH(lane, &peers->context->lanes, entry)
	lane_wake(lane);
}

void
peers_reload(struct peers *peers)
{
	if (peers->agent >= 0)
		(void)channel_send(peers->agent, AGENT_RELOAD, NULL, 0, NULL, 0);
	if (peers->launcher >= 0)
		(void)channel_send(peers->launcher, LAUNCHER_RELOAD, NULL, 0, NULL, 0);
}
