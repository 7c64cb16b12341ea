/* What this host is called, from the system alone: submission never waits for DNS. */
#ifndef POSTOAK_CONFIG_HOST_NAME_H
#define POSTOAK_CONFIG_HOST_NAME_H

#define HOST_NAME_MAILNAME "/etc/mailname"

/* The domain name in the first line of `path`: a fresh string, or null where there is
 * none. */
char *host_name_read(const char *path);

/*
 * `name` (as gethostname(2) gives it) completed by `mail_name` (may be null) where it
 * has no dot; a mail name that is the completed name already is taken as it is.
 * "localhost" where `name` cannot be a domain name. A fresh string, or null without
 * memory.
 */
char *host_name_complete(const char *name, const char *mail_name);

#endif
