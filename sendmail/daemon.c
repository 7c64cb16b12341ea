/* SPDX-License-Identifier: ISC */
#include "sendmail/daemon.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

#include "config/request.h"
#include "sendmail/control.h"
#include "sendmail/privilege.h"

#define INSTALLED POSTOAK_SBINDIR "/postoakd"

/* A build folder's programs find each other; a set-id program trusts no neighbour,
 * because whoever could link to it chose the folder. */
static void
find_postoakd(char path[PATH_MAX])
{
	char own[PATH_MAX];
	ssize_t length;
	char *slash;

	strlcpy(path, INSTALLED, PATH_MAX);
	if (getauxval(AT_SECURE) != 0)
		return;
	length = readlink("/proc/self/exe", own, sizeof own - 1);
	if (length < 0)
		return;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return;
	*slash = '\0';
	if (strlcat(own, "/postoakd", sizeof own) < sizeof own && access(own, X_OK) == 0)
		strlcpy(path, own, PATH_MAX);
}

/* Become postoakd with `flag` (null: none) as the caller alone; `selection` (null: none)
 * goes with -q. */
static int
become_postoakd(const char *flag, const struct selection *selection, const char *config_path,
    struct error *error)
{
	char path[PATH_MAX];
	char absolute[PATH_MAX];
	const char *argv[5 + 2 * SELECTION_MAX];
	size_t argc = 0;

	argv[argc++] = "postoakd";
	if (flag != NULL)
		argv[argc++] = flag;
	for (size_t i = 0; selection != NULL && i < selection->count; i++) {
		argv[argc++] = "-s";
		argv[argc++] = selection->words[i];
	}
	if (config_path != NULL) {
		/* A daemon leaves the directory that a relative path begins in. */
		argv[argc++] = "-C";
		argv[argc++] = realpath(config_path, absolute) != NULL ? absolute : config_path;
	}
	argv[argc] = NULL;

	privilege_drop();
	find_postoakd(path);
	execv(path, (char *const *)(void *)argv);
	return error_set_errno(error, EX_UNAVAILABLE, "%s", path);
}

int
daemon_flush(const struct config *config, const char *config_path,
    const struct selection *selection, struct error *error)
{
	char request[REQUEST_MAX];

	if (selection_request(selection, "flush", request, sizeof(request) - 1, error) < 0)
		return -1;
	if (control_ask(config, request, NULL, error) == 0)
		return 0;
	if (error->status != EX_UNAVAILABLE || !control_is_owner(config))
		return -1;
	return become_postoakd("-q", selection, config_path, error);
}

static bool
is_running(const struct config *config)
{
	return control_ask(config, "status text", NULL, NULL) == 0;
}

static int
check_owner(const struct config *config, struct error *error)
{
	if (control_is_owner(config))
		return 0;
	return error_set(error, EX_NOPERM, "only root and the spool's owner may start postoakd");
}

int
daemon_start(const struct config *config, const char *config_path, struct error *error)
{
	if (is_running(config))
		return 0;
	if (check_owner(config, error) < 0)
		return -1;
	return become_postoakd(NULL, NULL, config_path, error);
}

int
daemon_run(const struct config *config, const char *config_path, struct error *error)
{
	if (check_owner(config, error) < 0)
		return -1;
	return become_postoakd("-f", NULL, config_path, error);
}
