/* SPDX-License-Identifier: ISC */
#include "queue/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/directory.h"
#include "queue/spool/spool_version.h"

struct owner {
	uid_t uid;
	gid_t gid;    /* of everything but incoming/ */
	gid_t submit; /* of incoming/ */
};

/*
 * Whose spool it is. An ordinary user's run ignores `user:` and `submit_group:`: it
 * could give nothing away.
 */
static int
find_owner(const struct config *config, struct owner *owner, struct error *error)
{
	const struct passwd *user;
	const struct group *group;

	*owner = (struct owner){(uid_t)-1, (gid_t)-1, (gid_t)-1};
	if (geteuid() != 0)
		return 0;
	user = getpwnam(config->user);
	if (user == NULL)
		return error_set(error, EX_NOUSER, "user: %s: no such user", config->user);
	owner->uid = user->pw_uid;
	owner->gid = user->pw_gid;
	owner->submit = user->pw_gid;
	group = getgrnam(config->submit_group);
	if (group != NULL)
		owner->submit = group->gr_gid;
	else if (owner->uid != 0)
		return error_set(
		    error, EX_CONFIG, "submit_group: %s: no such group", config->submit_group);
	return 0;
}

static int
ensure_directories(const struct config *config, const struct owner *owner, struct error *error)
{
	static const char *const private_names[] = {
	    "queue", "hold", "history", "undeliverable", "corrupt"};
	const char *root = config->directories.spool;
	char path[PATH_MAX];

	/* Others pass through it to incoming/, and may read version. */
	if (directory_ensure(root, 0755, owner->uid, owner->gid, error) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(private_names) / sizeof(private_names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, private_names[i]);
		if (directory_ensure(path, 0700, owner->uid, owner->gid, error) == -1)
			return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/incoming", root);
	return directory_ensure(path, 03770, owner->uid, owner->submit, error);
}

/* Made here and not where it is taken, so that it always belongs to `user:`. */
static int
ensure_lock(int root, const struct owner *owner, const struct config *config, struct error *error)
{
	int fd = openat(root, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int result = 0;

	if (fd == -1 && errno == EEXIST)
		return 0;
	if (fd == -1 || (geteuid() == 0 && fchown(fd, owner->uid, owner->gid) == -1))
		result = error_set_errno(error, EX_CANTCREAT, "%s/lock", config->directories.spool);
	if (fd != -1)
		(void)close(fd);
	return result;
}

/* Check the version of a spool that is there already, before anything in it is
 * touched. */
static int
check_existing(const struct config *config, struct error *error)
{
	struct error reason = {0};
	int result = 0;
	int root;

	root = open(config->directories.spool, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root == -1)
		return errno == ENOENT
			   ? 0
			   : error_set_errno(error, EX_CANTCREAT, "%s", config->directories.spool);
	if (spool_version_check(root, config, &reason) == -1 && reason.status != EX_NOINPUT)
		result = error_set(error, reason.status, "%s", reason.text);
	(void)close(root);
	return result;
}

int
spool_create(const struct config *config, struct error *error)
{
	struct owner owner;
	int result;
	int root;

	if (check_existing(config, error) == -1 || find_owner(config, &owner, error) == -1 ||
	    ensure_directories(config, &owner, error) == -1)
		return -1;
	root = open(config->directories.spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root == -1)
		return error_set_errno(error, EX_CANTCREAT, "%s", config->directories.spool);
	result = ensure_lock(root, &owner, config, error);
	/* Last: where there is a version, the rest was made. */
	if (result == 0)
		result = spool_version_create(root, owner.uid, owner.gid, config, error);
	(void)close(root);
	return result;
}
