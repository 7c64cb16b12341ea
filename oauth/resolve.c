/* SPDX-License-Identifier: ISC */
#include "oauth/resolve.h"

#include <sysexits.h>

#include "oauth/stored_secret.h"

int
resolve_secret(const struct secret_reference *reference, const struct store *store,
    const struct error *store_error, char **secret, struct error *error)
{
	switch (reference->kind) {
	case SECRET_SEALED:
		if (store != NULL)
			return stored_secret_get(store, reference->value, secret, error);
		if (error != NULL)
			*error = *store_error;
		return -1;
	case SECRET_FILE:
	case SECRET_CREDENTIAL:
	case SECRET_ENV:
		return secret_read(reference, secret, error);
	case SECRET_COMMAND:
	case SECRET_NONE:
		break;
	}
	return error_set(error, EX_SOFTWARE, "a secret of this kind is not read here");
}
