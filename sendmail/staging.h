/* A file for a message that cannot be written to the spool: it vanishes with us. */
#ifndef POSTOAK_SENDMAIL_STAGING_H
#define POSTOAK_SENDMAIL_STAGING_H

/*
 * Open a new file without a name in $TMPDIR, where that is an absolute path, else in
 * /tmp; in memory where that is not possible. Without privilege: the caller names the
 * place. A descriptor, or -1 and errno.
 */
int staging_open(void);

#endif
