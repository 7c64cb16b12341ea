/* Starting a program with nothing of ours but what it is meant to have. */
#ifndef POSTOAK_OAUTH_COMMAND_SPAWN_H
#define POSTOAK_OAUTH_COMMAND_SPAWN_H

#include <sys/types.h>

/*
 * Start `argv` as command.h promises. Returns the process, leader of its own session
 * and group, with the reading ends of its standard output and standard error in
 * *output and *complaint (not blocking, closed on exec); or -1 and errno, ENOENT or
 * EACCES where there is no such program.
 */
pid_t command_spawn(char *const *argv, int *output, int *complaint);

#endif
