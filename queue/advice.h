/* What a person can do about what a relay said. */
#ifndef POSTOAK_QUEUE_ADVICE_H
#define POSTOAK_QUEUE_ADVICE_H

#include "config/config.h"

#define ADVICE_MAX 600

/*
 * Advice on the reply "535 5.7.3 text" to `profile` (null: no longer configured), in one
 * line, with commands that can be run as they are; "" where nothing is known.
 */
void advice_find(const struct config_profile *profile, const char *reply, char advice[ADVICE_MAX]);

#endif
