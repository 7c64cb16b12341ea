/* The administrator's alert_command: told when a profile's condition changes. */
#ifndef POSTOAK_QUEUE_ALERT_H
#define POSTOAK_QUEUE_ALERT_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/loop.h"

struct alert;

/* Null and ENOMEM. */
struct alert *alert_new(struct loop *loop);
void alert_free(struct alert *alert);

/* The command to run (null-terminated; null: none); it stays the caller's and must
 * live until it is replaced. */
void alert_set_command(struct alert *alert, char *const *command);

/*
 * Run the command with the arguments PROFILE STATE REASON: no descriptors but
 * /dev/null, a minimal environment, killed after 10 s, one at a time. What comes
 * while one runs waits its turn, the latest word for each profile only.
 */
void alert_send(struct alert *alert, const char *profile, const char *state, const char *reason);

/* True where no command runs and none is to be run. */
bool alert_is_idle(const struct alert *alert);

/* A child of ours has ended; true where it was the alert. */
bool alert_reaped(struct alert *alert, pid_t pid, int status);

#endif
