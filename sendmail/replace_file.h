/* Replacing a file by another content, all or nothing. */
#ifndef POSTOAK_SENDMAIL_REPLACE_FILE_H
#define POSTOAK_SENDMAIL_REPLACE_FILE_H

#include "config/error.h"

struct replace_file;

/*
 * Read the file `path` (a symbolic link is followed once and for all). *text is fresh.
 * Null and `error`: EX_NOINPUT, EX_NOPERM, EX_DATAERR for what is no regular file of text
 * or too long, EX_OSERR.
 */
struct replace_file *replace_file_open(const char *path, char **text, struct error *error);

/*
 * Write `text` into a new file beside it with the same owner and mode, durably, and return
 * its path, for who wants to look at it first; null and `error` (EX_NOPERM, EX_IOERR).
 */
const char *replace_file_write(struct replace_file *file, const char *text, struct error *error);

/* Put the new file in the place of the old one, unless that was changed since it was
 * read. -1 and `error` (EX_TEMPFAIL then, EX_IOERR). */
int replace_file_commit(struct replace_file *file, struct error *error);

/* Removes the new file where it was not put in place. Null is allowed. */
void replace_file_close(struct replace_file *file);

#endif
