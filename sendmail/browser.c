/* SPDX-License-Identifier: ISC */
#include "sendmail/browser.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/unistd.h>

#define OPENER "xdg-open"
#define PROGRAM_MAX 4096

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value != NULL && *value != '\0';
}

/* The first of the programs that $BROWSER lists, unless it needs arguments. */
static const char *
program(char name[PROGRAM_MAX])
{
	const char *browser = getenv("BROWSER");

	if (browser == NULL || strlcpy(name, browser, PROGRAM_MAX) >= PROGRAM_MAX)
		return OPENER;
	name[strcspn(name, ":")] = '\0';
	return *name == '\0' || strpbrk(name, " %") != NULL ? OPENER : name;
}

static bool
is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[PROGRAM_MAX];

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0;
	for (; path != NULL && *path != '\0'; path += *path == ':') {
		size_t length = strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, name) <
			(int)sizeof(file) &&
		    access(file, X_OK) == 0)
			return true;
		path += length;
	}
	return false;
}

bool
browser_is_there(void)
{
	char name[PROGRAM_MAX];

	return (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) && is_in_path(program(name));
}

/* Become who called sudo. False where that failed. */
static bool
become_caller(void)
{
	const char *text = getenv("SUDO_UID");
	const struct passwd *user;
	const char *problem;
	uid_t uid;

	if (getuid() != 0 || text == NULL)
		return true;
	uid = (uid_t)strtonum(text, 0, INT32_MAX, &problem);
	user = problem == NULL ? getpwuid(uid) : NULL;
	return user != NULL && initgroups(user->pw_name, user->pw_gid) == 0 &&
	       setgid(user->pw_gid) == 0 && setuid(uid) == 0 &&
	       setenv("HOME", user->pw_dir, 1) == 0;
}

static _Noreturn void
be_browser(const char *url)
{
	int null = open("/dev/null", O_RDWR);
	char name[PROGRAM_MAX];
	sigset_t none;

	/* A grandchild, so that nobody has to wait for it. */
	if (fork() != 0)
		_exit(0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null >= 0 && become_caller() && setsid() >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0) {
		closefrom(STDERR_FILENO + 1);
		execlp(program(name), program(name), url, (char *)NULL);
	}
	_exit(127);
}

bool
browser_show(const char *url)
{
	pid_t child = fork();

	if (child == 0)
		be_browser(url);
	if (child < 0)
		return false;
	(void)waitpid(child, NULL, 0);
	return true;
}
