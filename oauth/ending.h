/*
 * The end of an access that cannot go on by itself, because the server gave no refresh
 * token: people are told an hour before.
 */
#ifndef POSTOAK_OAUTH_ENDING_H
#define POSTOAK_OAUTH_ENDING_H

#include <stdbool.h>

#include "config/config.h"
#include "config/loop.h"
#include "oauth/stored_token.h"

struct ending {
	struct loop *loop;
	struct loop_timer timer;
	loop_expired *near; /* called when it is */
	void *context;
	bool is_near;
	char text[224]; /* when, and what to do; "": it does not end */
};

void ending_init(struct ending *ending, struct loop *loop, loop_expired *near, void *context);

/* The profile's tokens are these now. `near` is called later, never from here. */
void ending_watch(
    struct ending *ending, const struct config_profile *profile, const struct stored_token *stored);

void ending_cancel(struct ending *ending);

#endif
