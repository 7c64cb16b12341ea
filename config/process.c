/* SPDX-License-Identifier: ISC */
#include "config/process.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <bsd/string.h>

void
process_user(const char *user, enum process_role role, char name[PROCESS_USER_MAX])
{
	static const char *const suffixes[PROCESS_ROLES] = {
	    [PROCESS_RUNNER] = "",
	    [PROCESS_AGENT] = "-oauth",
	    [PROCESS_LAUNCHER] = "-smtp",
	};

	(void)snprintf(
	    name, PROCESS_USER_MAX, "%s%s", user, strcmp(user, "root") == 0 ? "" : suffixes[role]);
}

void
process_harden(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A full disk quota is an error to report, not a reason to die. */
	(void)signal(SIGXFSZ, SIG_IGN);
}

int
process_become(const char *user, struct error *error)
{
	const struct passwd *passwd;

	if (geteuid() != 0)
		return 0;
	errno = 0;
	passwd = getpwnam(user);
	if (passwd == NULL)
		return error_set(error, EX_NOUSER,
		    "there is no user %s: create it, or set `user: root` to do without separate "
		    "users",
		    user);
	if (passwd->pw_uid == 0)
		return 0;
	if (initgroups(user, passwd->pw_gid) < 0 ||
	    setresgid(passwd->pw_gid, passwd->pw_gid, passwd->pw_gid) < 0 ||
	    setresuid(passwd->pw_uid, passwd->pw_uid, passwd->pw_uid) < 0)
		return error_set_errno(error, EX_OSERR, "cannot become user %s", user);
	/* The point of it all: make sure there is no way back. */
	if (setuid(0) == 0 || geteuid() == 0)
		return error_set(error, EX_OSERR, "could not give up root for user %s", user);
	return 0;
}

void
process_forget_environment(void)
{
	static const char *const kept[] = {"TZ=", "SSL_CERT_FILE=", "SSL_CERT_DIR="};
	char **out = environ;

	for (char **in = environ; in != NULL && *in != NULL; in++) {
		bool keep = false;

		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			keep = keep || strncmp(*in, kept[i], strlen(kept[i])) == 0;
		if (keep)
			*out++ = *in;
		else
			explicit_bzero(*in, strlen(*in));
	}
	if (out != NULL)
		*out = NULL;
}
