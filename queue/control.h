/*
 * The control socket: what mailq, sendmail -q and postoak ask of the runner. Anyone
 * may list and see the status; root, our own user and the members of its group steer.
 */
#ifndef POSTOAK_QUEUE_CONTROL_H
#define POSTOAK_QUEUE_CONTROL_H

#include <sys/types.h>

#include "config/error.h"
#include "queue/context.h"
#include "queue/dispatch.h"
#include "queue/health.h"
#include "queue/intake.h"

struct control;

/*
 * Bind run/control (0666: the peer's credentials decide) and serve:
 *   list text|json [SELECTION ...]
 *                     the queue, as mailq shows it; with selections (selection.h)
 *                     what they mean of it
 *   status text|json
 *   flush [SELECTION ...]
 *                     try everything, or what is meant, now; answered at once
 *   suspend PROFILE, resume PROFILE
 *   test PROFILE RECIPIENT
 *                     one message now (trial.h)
 * `status` is borrowed. Null and `error` where it cannot be bound.
 */
struct control *control_new(struct context *context, struct dispatch *dispatch,
    struct intake *intake, const struct health_options *status,
    void (*changed)(struct lane *lane, void *arg), void *arg, struct error *error);
void control_free(struct control *control);

/* A child of ours has ended: it may have worked for a request. */
void control_reaped(struct control *control, pid_t pid, int status);

#endif
