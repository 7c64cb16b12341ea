/* `postoak status`: how the daemon is, for people and for programs. */
#ifndef POSTOAK_QUEUE_HEALTH_H
#define POSTOAK_QUEUE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/context.h"

struct health_options {
	bool configuration_invalid; /* the last reload was refused */
	bool separated;
};

/* One screen of text whose first line says "Postoak is healthy." or "Postoak is
 * degraded: ..." (fresh, *length octets). Null and ENOMEM. */
char *health_text(
    const struct context *context, const struct health_options *options, size_t *length);

/* The same as a JSON object. */
char *health_json(
    const struct context *context, const struct health_options *options, size_t *length);

/* Why mail of this lane waits, for mailq: "profile P suspended: ADVICE", or false
 * where it does not wait for the profile. */
bool health_lane_waits(const struct lane *lane, char *reason, size_t size);

#endif
