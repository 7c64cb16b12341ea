/* newaliases, sendmail -bi: checking the aliases file. */
#ifndef POSTOAK_SENDMAIL_NEWALIASES_H
#define POSTOAK_SENDMAIL_NEWALIASES_H

#include <stdio.h>

#include "config/error.h"

/*
 * There is no database to make: every sendmail reads the file itself. What is wrong
 * with the file at `path` is written to `out` as "FILE:LINE: message" lines; a missing
 * file is right. Returns 0, also where a name stands there twice or targets cannot be
 * used (programs, files: postmaster gets that mail, and packages that call newaliases
 * must go on installing); -1 and `error`: EX_DATAERR for lines that cannot be understood,
 * EX_NOINPUT for a file that cannot be read.
 */
int newaliases_run(const char *path, FILE *out, struct error *error);

#endif
