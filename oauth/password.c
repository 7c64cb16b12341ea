/* SPDX-License-Identifier: ISC */
#include "oauth/password.h"

#include <string.h>
#include <sysexits.h>

#include <bsd/string.h>

#include "config/secret.h"

static void
answer(struct password *password, const char *secret)
{
	struct credential credential = {.kind = CREDENTIAL_PASSWORD};
	struct error error;
	size_t length = strlcpy(credential.secret, secret, sizeof(credential.secret));
	bool good = length > 0 && length < sizeof(credential.secret);

	if (!good)
		error_set(&error, EX_CONFIG, "password of profile %s: it is %s",
		    password->profile->name, length == 0 ? "empty" : "too long");
	password->done(good ? &credential : NULL, good ? NULL : &error, password->context);
	explicit_bzero(&credential, sizeof(credential));
}

static void
gathered(const struct error *error, void *context)
{
	struct password *password = context;
	const char *secret = gather_value(&password->gather, GATHER_PASSWORD);
	struct error missing;

	if (error == NULL && secret == NULL) {
		error_set(
		    &missing, EX_CONFIG, "profile %s has no password", password->profile->name);
		error = &missing;
	}
	if (error != NULL) {
		gather_wipe(&password->gather);
		password->done(NULL, error, password->context);
		return;
	}
	secret_free(password->last);
	password->last = strdup(secret);
	gather_wipe(&password->gather);
	if (password->last != NULL) {
		answer(password, password->last);
		return;
	}
	error_set(&missing, EX_OSERR, "out of memory");
	password->done(NULL, &missing, password->context);
}

void
password_init(struct password *password, const struct environment *environment, password_done *done,
    void *context)
{
	*password = (struct password){.done = done, .context = context};
	gather_init(&password->gather, environment, gathered, password);
}

void
password_find(struct password *password, const struct config_profile *profile)
{
	struct credential none = {.kind = CREDENTIAL_NONE};

	password->profile = profile;
	if (profile->username == NULL) {
		password->done(&none, NULL, password->context);
		return;
	}
	gather_want(&password->gather, GATHER_PASSWORD, &profile->password, profile->name, false);
	gather_begin(&password->gather);
}

bool
password_running(const struct password *password)
{
	return gather_running(&password->gather);
}

void
password_cancel(struct password *password)
{
	gather_wipe(&password->gather);
}

void
password_drop(struct password *password)
{
	password_cancel(password);
	secret_free(password->last);
	password->last = NULL;
}
