/* What a person can do about what a relay said. */
#ifndef POSTOAK_QUEUE_ADVICE_H
#define POSTOAK_QUEUE_ADVICE_H

#include "config/config.h"
#include "queue/delivery/outcome.h"

#define ADVICE_MAX OUTCOME_ADVICE_MAX

/* Advice in lines as part of one, which it is in mailq, in the log and in a report. */
void advice_in_one_line(const char *lines, char advice[ADVICE_MAX]);

/*
 * Advice on the reply "535 5.7.3 text" to `profile` (null: no longer configured), in one
 * line, with commands that can be run as they are; "" where nothing is known.
 */
void advice_find(const struct config_profile *profile, const char *reply, char advice[ADVICE_MAX]);

/* The same on an outcome: what comes with it, else what its reply means. */
void advice_on_outcome(
    const struct config_profile *profile, const struct outcome *outcome, char advice[ADVICE_MAX]);

#endif
