/*
 * `postoak test`: one message now, over a connection of its own, with the dialogue shown
 * as it goes and a verdict at the end. It has one attempt. Nothing of it is in the spool,
 * and the profile's state stays what it is, but that a relay that answers has proved
 * itself, and that the agent learns whether a credential is good, as it always does.
 *
 * The answer to the request (request.h) is a body of lines for people; the last one is
 * "exit STATUS" (TRIAL_EXIT) for the client: 0, EX_TEMPFAIL, EX_NOPERM where a person is needed,
 * EX_CONFIG where it is the configuration that has to be changed.
 */
#ifndef POSTOAK_QUEUE_TRIAL_H
#define POSTOAK_QUEUE_TRIAL_H

#include "config/request_server.h"
#include "queue/context.h"
#include "queue/dispatch.h"

#define TRIAL_EXIT "exit "

/* Seconds after which there is a verdict in any case. */
#define TRIAL_LIMIT 180

struct trials;

/* `changed` as for dispatch_new. Null and ENOMEM. */
struct trials *trials_new(struct context *context, struct dispatch *dispatch,
    void (*changed)(struct lane *lane, void *arg), void *arg);

/* Ends those that are under way, with a verdict that says so. Null is allowed. */
void trials_free(struct trials *trials);

/*
 * Answer `request` for `words`, "PROFILE RECIPIENT": EX_USAGE for a profile that is not
 * there and for what is no address, EX_TEMPFAIL where too many are under way. The caller
 * knows that who asks may. Where the client goes away it is broken off.
 */
void trials_start(struct trials *trials, struct request *request, char *words);

#endif
