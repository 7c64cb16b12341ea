/* The login: AUTH (RFC 4954) with a token or a password. */
#ifndef POSTOAK_DELIVERY_LOGIN_H
#define POSTOAK_DELIVERY_LOGIN_H

#include "config/credential.h"
#include "queue/delivery/outcome.h"
#include "queue/delivery/session.h"

/*
 * Log in on an open session. Never in clear, but for a profile without TLS whose relay
 * is this host. Returns 0, or -1 and `failure`, in whose text the relay's error challenge
 * and its reply are joined and nothing of the credential is left. PROFILE_NEW_TOKEN:
 * another credential may be taken.
 */
int login(struct session *session, const struct credential *credential, struct outcome *failure);

#endif
