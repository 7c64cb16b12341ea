/* SPDX-License-Identifier: ISC */
#include "oauth/command_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORIES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * posix_spawn rather than fork: the resolver's threads may hold locks, and a copy of
 * the agent's memory would be a copy of its secrets.
 */
static int
spawn(pid_t *pid, const char *path, char *const *argv, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes)
{
	static char search[] = "PATH=" DIRECTORIES;
	static char locale[] = "LC_ALL=C";
	char *const environment[] = {search, locale, NULL};

	return posix_spawn(pid, path, actions, attributes, argv, environment);
}

/* Look a bare name up, as execvp(3) does, but never in a PATH that somebody else chose. */
static int
search_and_spawn(pid_t *pid, char *const *argv, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes)
{
	const char *directory = DIRECTORIES;
	int result = ENOENT;
	char path[4096];

	if (strchr(argv[0], '/') != NULL)
		return spawn(pid, argv[0], argv, actions, attributes);
	while (*directory != '\0') {
		int length = (int)strcspn(directory, ":");
		int attempt = ENOENT;

		if (snprintf(path, sizeof(path), "%.*s/%s", length, directory, argv[0]) <
		    (int)sizeof(path))
			attempt = spawn(pid, path, argv, actions, attributes);
		if (attempt != ENOENT && attempt != EACCES)
			return attempt;
		if (attempt == EACCES)
			result = EACCES;
		directory += length + (directory[length] == ':');
	}
	return result;
}

static int
prepare_descriptors(posix_spawn_file_actions_t *actions, int output, int complaint)
{
	int result =
	    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (result == 0)
		result = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (result == 0)
		result = posix_spawn_file_actions_adddup2(actions, complaint, STDERR_FILENO);
	if (result == 0)
		result = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return result;
}

static int
prepare_process(posix_spawnattr_t *attributes)
{
	sigset_t none;
	sigset_t all;
	int result;

	sigemptyset(&none);
	sigfillset(&all);
	result = posix_spawnattr_setflags(
	    attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (result == 0)
		result = posix_spawnattr_setsigmask(attributes, &none);
	if (result == 0)
		result = posix_spawnattr_setsigdefault(attributes, &all);
	return result;
}

/* Returns 0, or an errno value. */
static int
spawn_with(pid_t *pid, char *const *argv, int output, int complaint)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int result = posix_spawn_file_actions_init(&actions);

	if (result != 0)
		return result;
	result = posix_spawnattr_init(&attributes);
	if (result != 0)
		goto no_attributes;
	result = prepare_descriptors(&actions, output, complaint);
	if (result == 0)
		result = prepare_process(&attributes);
	if (result == 0)
		result = search_and_spawn(pid, argv, &actions, &attributes);
	posix_spawnattr_destroy(&attributes);
no_attributes:
	posix_spawn_file_actions_destroy(&actions);
	return result;
}

/* A pipe whose reading end does not block. */
static int
open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	close(ends[0]);
	close(ends[1]);
	return -1;
}

pid_t
command_spawn(char *const *argv, int *output, int *complaint)
{
	int outputs[2];
	int complaints[2];
	pid_t pid = -1;
	int result;

	if (open_pipe(outputs) < 0)
		return -1;
	if (open_pipe(complaints) < 0) {
		close(outputs[0]);
		close(outputs[1]);
		return -1;
	}
	result = spawn_with(&pid, argv, outputs[1], complaints[1]);
	close(outputs[1]);
	close(complaints[1]);
	if (result == 0) {
		*output = outputs[0];
		*complaint = complaints[0];
		return pid;
	}
	close(outputs[0]);
	close(complaints[0]);
	errno = result;
	return -1;
}
