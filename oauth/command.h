/*
 * Programs that the configuration names, run for what they print: a secret or a token.
 *
 * No shell. A program gets the arguments, PATH and LC_ALL, /dev/null for input, no
 * other descriptor than its output and its standard error, default signals, and a
 * session of its own, without terminal. It has ten seconds and 64 KiB; then it is
 * killed with its process group, and so is what it leaves running behind it.
 *
 * At most 16 run at once, and never two of the same command: one that keeps a state
 * of its own need not expect another beside it. The others wait for their turn.
 */
#ifndef POSTOAK_OAUTH_COMMAND_H
#define POSTOAK_OAUTH_COMMAND_H

#include "config/error.h"
#include "config/loop.h"

struct commands;
struct command;

/*
 * `output`: what it printed, one newline at its end cut, wiped after the call; never
 * empty. Null where it failed: then `error` says why, with the first line of its standard error,
 * bounded and scrubbed. EX_CONFIG where there is no such program; else EX_TEMPFAIL or
 * EX_OSERR, because what a program depends on may be there again later.
 */
typedef void command_done(const char *output, const struct error *error, void *context);

/* Null and errno. */
struct commands *commands_new(struct loop *loop);

/* Kills what runs; nobody is told. */
void commands_free(struct commands *commands);

/*
 * Run `argv` (null-terminated; copied) when its turn comes. argv[0] is a path, or a
 * name that is looked up in the system's directories. `done` is called once, from
 * the loop, never from here; the command is gone then. Null and `error` (EX_OSERR)
 * without memory.
 */
struct command *command_run(struct commands *commands, char *const *argv, command_done *done,
    void *context, struct error *error);

/* Kill it, or give up its turn; `done` is not called. Null is allowed. */
void command_cancel(struct command *command);

#endif
