/* sendmail -q, -bd, -bD, -q30m: the daemon by its old name. */
#ifndef POSTOAK_SENDMAIL_DAEMON_H
#define POSTOAK_SENDMAIL_DAEMON_H

#include "config/config.h"
#include "config/error.h"
#include "queue/selection.h"

/*
 * All take the path given by -C (null: none), which postoakd is given too. Where they
 * succeed by becoming postoakd they do not return; 0 where the running daemon
 * did it; -1 and `error`: EX_UNAVAILABLE or EX_NOPERM where neither may be.
 */

/* Have the queue, or what `selection` means of it, tried once: by the runner, which does
 * so after this has returned, else by postoakd -q. */
int daemon_flush(const struct config *config, const char *config_path,
    const struct selection *selection, struct error *error);

/* Start the daemon in the background; nothing to do where one runs. */
int daemon_start(const struct config *config, const char *config_path, struct error *error);

/* Become the daemon in the foreground. */
int daemon_run(const struct config *config, const char *config_path, struct error *error);

#endif
