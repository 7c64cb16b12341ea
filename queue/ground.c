/* SPDX-License-Identifier: ISC */
#include "queue/ground.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/directory.h"
#include "config/log.h"
#include "queue/spool/spool.h"

/* A runner whose monitor was killed ends within this time. */
#define LOCK_TRIES 60
#define LOCK_INTERVAL_NS (50 * 1000 * 1000)

struct identity_ids {
	uid_t uid;
	gid_t gid;
};

static int
find_user(const char *name, struct identity_ids *ids, struct error *error)
{
	const struct passwd *passwd = getpwnam(name);

	if (passwd == NULL)
		return error_set(error, EX_NOUSER,
		    "there is no user %s: create it, or set `user: root` to do without separate "
		    "users",
		    name);
	ids->uid = passwd->pw_uid;
	ids->gid = passwd->pw_gid;
	return 0;
}

static int
find_users(struct ground *ground, const struct config *config,
    struct identity_ids ids[PROCESS_ROLES], struct error *error)
{
	for (int i = 0; i < PROCESS_ROLES; i++)
		ids[i] = (struct identity_ids){.uid = geteuid(), .gid = getegid()};
	if (geteuid() != 0)
		return 0;
	ground->separated = strcmp(config->user, "root") != 0;
	for (int i = 0; i < PROCESS_ROLES; i++) {
		process_user(config->user, (enum process_role)i, ground->users[i]);
		if (find_user(ground->users[i], &ids[i], error) < 0)
			return -1;
	}
	return 0;
}

static int
take_lock(struct ground *ground, const struct config *config, struct error *error)
{
	const struct timespec interval = {.tv_nsec = LOCK_INTERVAL_NS};
	struct spool spool;
	int result = -1;

	if (spool_open(config, &spool, error) < 0)
		return -1;
	for (int i = 0; i < LOCK_TRIES; i++) {
		result = spool_lock(&spool, error);
		if (result == 0 || error->status != EX_TEMPFAIL)
			break;
		(void)nanosleep(&interval, NULL);
	}
	if (result == 0) {
		/* What an earlier try found is over, and nobody shall be told of it. */
		*error = (struct error){0};
		ground->lock = spool.lock;
		spool.lock = -1;
	}
	spool_close(&spool);
	return result;
}

static int
bind_agent(struct ground *ground, const struct config *config, gid_t gid, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int failed;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/agent",
		config->directories.runtime) >= (int)sizeof(address.sun_path))
		return error_set(error, EX_CONFIG, "%s/agent: too long for a socket's name",
		    config->directories.runtime);
	strlcpy(ground->agent_path, address.sun_path, sizeof(ground->agent_path));
	ground->agent_listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ground->agent_listener < 0)
		return error_set_errno(error, EX_OSERR, "cannot make a socket");
	(void)unlink(ground->agent_path);
	mask = umask(0117);
	failed = bind(ground->agent_listener, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (failed < 0 || listen(ground->agent_listener, 16) < 0)
		return error_set_errno(error, EX_CANTCREAT, "cannot bind %s", ground->agent_path);
	/* The directory is the runner's: what it might put there instead is not followed. */
	if (ground->separated && lchown(ground->agent_path, 0, gid) < 0)
		return error_set_errno(
		    error, EX_CANTCREAT, "cannot change the group of %s", ground->agent_path);
	return 0;
}

int
ground_prepare(
    struct ground *ground, const struct config *config, int announce, struct error *error)
{
	struct identity_ids ids[PROCESS_ROLES];

	memset(ground, 0, sizeof(*ground));
	ground->lock = ground->agent_listener = -1;
	ground->announce = announce;
	if (find_users(ground, config, ids, error) < 0 || spool_create(config, error) < 0 ||
	    directory_ensure(config->directories.runtime, 0755, ids[PROCESS_RUNNER].uid,
		ids[PROCESS_RUNNER].gid, error) < 0 ||
	    directory_ensure(config->directories.state, 0700, ids[PROCESS_AGENT].uid,
		ids[PROCESS_AGENT].gid, error) < 0 ||
	    take_lock(ground, config, error) < 0 ||
	    bind_agent(ground, config, ids[PROCESS_RUNNER].gid, error) < 0) {
		ground_release(ground);
		return -1;
	}
	if (geteuid() == 0 && !ground->separated)
		log_write(LOG_WARNING, "master",
		    "user: root: all processes run as root, nothing separates them");
	return 0;
}

void
ground_release(struct ground *ground)
{
	if (ground->agent_listener >= 0) {
		close(ground->agent_listener);
		(void)unlink(ground->agent_path);
	}
	if (ground->lock >= 0)
		close(ground->lock);
}
