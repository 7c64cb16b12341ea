/*
 * Signals to a program that takes a message. SIGTERM, SIGINT and SIGHUP wait until it
 * looks, so that they end it where nothing is left behind and nowhere else; what is wrong
 * with the output is an error of write(2), no reason to die with a file half written.
 */
#ifndef POSTOAK_SENDMAIL_SIGNALS_H
#define POSTOAK_SENDMAIL_SIGNALS_H

#include "config/error.h"

/*
 * From here on hold those back, except what is ignored already, and ignore SIGPIPE and
 * SIGXFSZ. Returns a descriptor (signalfd(2)) that is readable once one has come, or -1
 * and `error` (EX_OSERR).
 */
int signals_hold(struct error *error);

#endif
