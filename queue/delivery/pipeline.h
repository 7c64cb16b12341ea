/*
 * Commands sent and not yet answered (RFC 2920). Each says who wants its answer, so that
 * commands of more than one transaction may be under way.
 */
#ifndef POSTOAK_DELIVERY_PIPELINE_H
#define POSTOAK_DELIVERY_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/delivery/session.h"

/* The most commands unanswered: their replies fit the stream's buffer. */
#define PIPELINE_MAX 100

struct expected {
	enum smtp_stage stage;
	uint32_t recipient; /* of STAGE_RCPT */
	/* Takes the reply: 0, or -1 and `failure` to end the session. */
	int (*answered)(
	    const struct expected *expected, const struct reply *reply, struct outcome *failure);
	void *context; /* the taker's own */
};

struct pipeline {
	struct session *session;
	size_t limit; /* 1 without PIPELINING */
	size_t first;
	size_t count;
	struct expected ring[PIPELINE_MAX];
};

/* Begin on a session whose EHLO is known. */
void pipeline_begin(struct pipeline *pipeline, struct session *session);

/* True where commands need not wait for the answers before them. */
bool pipeline_is_deep(const struct pipeline *pipeline);

/*
 * Make room, reading replies where the limit is reached, before a command is appended to
 * the session's output. Returns 0, or -1 and `failure`.
 */
int pipeline_reserve(struct pipeline *pipeline, struct outcome *failure);

/* The reply to what was just appended goes to `expected`. Room must be reserved. */
void pipeline_expect(struct pipeline *pipeline, struct expected expected);

/* Read replies until at most `left` are awaited. Returns 0, or -1 and `failure`. */
int pipeline_drain(struct pipeline *pipeline, size_t left, struct outcome *failure);

#endif
