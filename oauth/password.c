/* SPDX-License-Identifier: ISC */
#include "oauth/password.h"

#include <sysexits.h>

#include <bsd/string.h>

#include "oauth/resolve.h"

int
password_find(const struct fetch_environment *environment, const struct config_profile *profile,
    struct credential *credential, struct error *error)
{
	char *password;
	size_t length;

	credential->generation = 0;
	credential->secret[0] = '\0';
	credential->kind = CREDENTIAL_NONE;
	if (profile->username == NULL)
		return 0;
	credential->kind = CREDENTIAL_PASSWORD;
	if (resolve_secret(&profile->password, environment->store, &environment->store_error,
		&password, error) < 0)
		return error_prefix(error, "password of profile %s", profile->name);
	length = strlcpy(credential->secret, password, sizeof(credential->secret));
	secret_free(password);
	if (length == 0 || length >= sizeof(credential->secret))
		return error_set(error, EX_CONFIG, "password of profile %s: it is %s",
		    profile->name, length == 0 ? "empty" : "too long");
	return 0;
}
