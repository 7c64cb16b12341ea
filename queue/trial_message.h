/* The message that `postoak test` sends. */
#ifndef POSTOAK_QUEUE_TRIAL_MESSAGE_H
#define POSTOAK_QUEUE_TRIAL_MESSAGE_H

#include <sys/types.h>

#include "config/config.h"
#include "config/error.h"
#include "queue/spool/accept.h"

/*
 * A sealed message to `recipient` that says what it is, asked for by the user `uid`, from
 * the profile's own address where it has one. It is a file in memory: it has one attempt
 * and nobody has to be told of its fate, so that it needs no place in the spool.
 * Null and `error`.
 */
struct accept *trial_message(const struct config *config, const struct config_profile *profile,
    const char *recipient, uid_t uid, struct error *error);

#endif
