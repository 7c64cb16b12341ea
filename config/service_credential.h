/*
 * Credentials that the service manager hands over ($CREDENTIALS_DIRECTORY,
 * systemd.exec(5)). In a service that starts as root they are readable by root
 * only, so the process that needs them opens them before it becomes its user.
 */
#ifndef POSTOAK_CONFIG_SERVICE_CREDENTIAL_H
#define POSTOAK_CONFIG_SERVICE_CREDENTIAL_H

/* Open all of them (at most 64) and keep them for service_credential_open. What
 * cannot be opened is left out. Once, before the user changes. */
void service_credentials_keep(void);

/*
 * A descriptor for reading the credential `name` (close-on-exec, not blocking, the
 * caller's) from its beginning, or -1 and errno: ENOENT where there is none, ENXIO
 * where the service manager passes none at all, else as open(2). Two descriptors of
 * one credential that was kept share their offset: read one whole before the next.
 */
int service_credential_open(const char *name);

#endif
