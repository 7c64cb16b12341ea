/*
 * The log: syslog's mail facility in Postfix's shape, or standard error.
 *
 * The sink makes every entry one line of printable text, whatever a relay or a
 * submitter put into it. Secrets are kept out by those who hold them: nothing
 * here can recognise one.
 */
#ifndef POSTOAK_CONFIG_LOG_H
#define POSTOAK_CONFIG_LOG_H

#include <stdbool.h>
#include <syslog.h>

/*
 * Begin logging as `name` (the configuration's syslog_name; copied). With
 * `to_stderr`, entries go to standard error with a timestamp, else to
 * syslog(3). May be called again to change either.
 */
void log_open(const char *name, bool to_stderr);

/*
 * Forget the connection to syslog(3): the next entry makes a new one. For a process
 * that is about to close all descriptors it does not know.
 */
void log_reopen(void);

/*
 * Write one entry under the tag NAME/service, e.g. "postoak/smtp[123]: ...".
 * `priority` is a syslog(3) level; LOG_WARNING and above get "warning: ",
 * "error: " or "fatal: " before the text, as Postfix does.
 */
void log_write(int priority, const char *service, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
