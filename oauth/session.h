/*
 * The agent's ends of the channels to workers (credential.h): each gets one
 * credential, and another where the relay did not take the first.
 */
#ifndef POSTOAK_OAUTH_SESSION_H
#define POSTOAK_OAUTH_SESSION_H

#include "config/loop.h"
#include "oauth/account.h"

struct sessions;

/* Null and errno. */
struct sessions *sessions_new(struct loop *loop);
void sessions_free(struct sessions *sessions);

/*
 * Give the worker at the other end of `fd`, which is taken over, a credential of
 * `account`.
 */
void sessions_begin(struct sessions *sessions, struct account *account, int fd);

/* Refuse the worker at the other end of `fd` and close it. */
void sessions_refuse(int fd, enum agent_state state, const char *text);

/* Close the channels of workers that use `account`, which is about to go away. */
void sessions_drop(struct sessions *sessions, const struct account *account);

#endif
