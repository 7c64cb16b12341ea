/*
 * sendmail is set-gid: the group lets it into the spool's incoming/ and to the
 * runner's socket, and it holds the group only there. Everything else, all parsing
 * included, runs as the caller.
 */
#ifndef POSTOAK_SENDMAIL_PRIVILEGE_H
#define POSTOAK_SENDMAIL_PRIVILEGE_H

/*
 * Give up the privilege the file's mode brought, but remember how to raise it. Call
 * first of all. These end the process where the kernel refuses to give a privilege
 * up.
 */
void privilege_init(void);

/* Take the group, and leave it again; errno is kept. */
void privilege_raise(void);
void privilege_lower(void);

/* Give it up for good: privilege_raise does nothing from here on. */
void privilege_drop(void);

#endif
