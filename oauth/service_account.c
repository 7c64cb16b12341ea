/* SPDX-License-Identifier: ISC */
#include "oauth/service_account.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config/secret.h"
#include "oauth/secret_json.h"

static const char *
member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int
take(struct service_account *account, const json_t *object, struct error *error)
{
	const char *type = member(object, "type");
	const char *email = member(object, "client_email");
	const char *key = member(object, "private_key");
	const char *key_id = member(object, "private_key_id");

	if (type != NULL && strcmp(type, "service_account") != 0)
		return error_set(error, EX_CONFIG, "its type is %.40s, not service_account", type);
	if (email == NULL || key == NULL)
		return error_set(error, EX_CONFIG, "it is no JSON key file: it lacks %s",
		    email == NULL ? "client_email" : "private_key");
	account->client_email = strdup(email);
	account->private_key = strdup(key);
	account->private_key_id = key_id == NULL ? NULL : strdup(key_id);
	if (account->client_email == NULL || account->private_key == NULL ||
	    (key_id != NULL && account->private_key_id == NULL))
		return error_set(error, EX_OSERR, "no memory for it");
	return 0;
}

int
service_account_parse(struct service_account *account, const char *json, struct error *error)
{
	json_t *object = secret_json_load(json, strlen(json));
	int result;

	*account = (struct service_account){0};
	result = take(account, object, error);
	json_decref(object);
	if (result < 0)
		service_account_wipe(account);
	return result;
}

void
service_account_wipe(struct service_account *account)
{
	free(account->client_email);
	secret_free(account->private_key);
	free(account->private_key_id);
	*account = (struct service_account){0};
}
