/* Where a secret is to be found: the configuration names it, never contains it. */
#ifndef POSTOAK_CONFIG_SECRET_H
#define POSTOAK_CONFIG_SECRET_H

#include <stddef.h>

#include "config/error.h"

enum secret_kind {
	SECRET_NONE,       /* not configured */
	SECRET_SEALED,     /* value: name in state/secrets/ */
	SECRET_FILE,       /* value: path; one trailing newline is cut */
	SECRET_CREDENTIAL, /* value: name of a systemd credential */
	SECRET_ENV,        /* value: name of an environment variable */
	SECRET_COMMAND,    /* argv: program and arguments, null-terminated */
};

struct secret_reference {
	enum secret_kind kind;
	char *value;
	char **argv;
};

#define SECRET_MAX 65536

/*
 * Read a file, credential ($CREDENTIALS_DIRECTORY) or environment reference.
 * A file is opened as the caller, must be regular and at most SECRET_MAX octets
 * without NUL. On success *secret is a fresh string that the caller wipes and
 * frees with secret_free. Sealed and command references are the agent's own
 * business: EX_SOFTWARE here. Errors name the reference, never the content.
 */
int secret_read(const struct secret_reference *reference, char **secret, struct error *error);

/* Wipe and free a secret; null is allowed. */
void secret_free(char *secret);

#endif
