/*
 * What the daemon's processes have in common: their roles, what the monitor tells
 * them, and what every one of them gives up before it works.
 */
#ifndef POSTOAK_CONFIG_PROCESS_H
#define POSTOAK_CONFIG_PROCESS_H

#include "config/error.h"

enum process_role { PROCESS_RUNNER, PROCESS_AGENT, PROCESS_LAUNCHER, PROCESS_ROLES };

/*
 * Monitor to child: PROCESS_PEER brings a channel to the current process of a
 * role; an older channel to that role is to be closed, and what was asked over it
 * asked again. PROCESS_RELOAD and PROCESS_STOP stand for SIGHUP and SIGTERM.
 * PROCESS_CLIENT brings the agent a connection of somebody who asks (request.h).
 * Child to monitor: PROCESS_READY once it works; PROCESS_STATUS for the service
 * manager's status line; PROCESS_FAILED why it ends.
 * A closed monitor channel means that the monitor died: exit at once.
 */
enum process_message {
	PROCESS_PEER = 1, /* u32 role; one descriptor */
	PROCESS_RELOAD,   /* empty; only to the runner, which passes it on */
	PROCESS_STOP,     /* empty */
	PROCESS_READY,    /* empty */
	PROCESS_STATUS,   /* string */
	PROCESS_CLIENT,   /* one descriptor; only to the agent */
	PROCESS_FAILED,   /* u32 exit status, string; only from the agent */
};

#define PROCESS_USER_MAX 64

/* The name of the user that a process of `role` becomes where root starts it and the
 * configuration says `user`. */
void process_user(const char *user, enum process_role role, char name[PROCESS_USER_MAX]);

/*
 * No core file, not dumpable, umask 077, SIGPIPE ignored. Every process of the
 * daemon calls it before it touches mail, secrets or the network. The kernel
 * forgets it when the user changes: call it afterwards.
 */
void process_harden(void);

/*
 * Wipe the environment but for TZ and OpenSSL's SSL_CERT_FILE and SSL_CERT_DIR: an
 * {env: NAME} secret is for the agent alone.
 */
void process_forget_environment(void);

/*
 * Become `user` for good, with its groups, where the caller is root and `user` is
 * another; nothing otherwise. EX_NOUSER where there is no such user, EX_OSERR
 * where the privilege cannot be given up.
 */
int process_become(const char *user, struct error *error);

#endif
