/*
 * The runner's channels to the agent and to the launcher. The monitor brings new ones
 * whenever it has started one of them; in between a peer may be missing.
 */
#ifndef POSTOAK_QUEUE_PEERS_H
#define POSTOAK_QUEUE_PEERS_H

#include "config/process.h"
#include "queue/context.h"
#include "queue/dispatch.h"

struct peers;

/*
 * `dispatch` is told which channels there are; `changed` is called when what the agent
 * says about a profile changes its lane's condition, `ends` when access is about to end
 * (lane->ending). Null and ENOMEM.
 */
struct peers *peers_new(struct context *context, struct dispatch *dispatch,
    void (*changed)(struct lane *lane, void *arg), void (*ends)(struct lane *lane, void *arg),
    void *arg);

/* `channel` leads to a new process of that role, in place of an earlier one; it is theirs
 * from here on. */
void peers_meet(struct peers *peers, enum process_role role, int channel);

/* Have them read the configuration again. */
void peers_reload(struct peers *peers);

#endif
