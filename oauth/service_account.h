/* Google's service accounts, as their JSON key files describe them. */
#ifndef POSTOAK_OAUTH_SERVICE_ACCOUNT_H
#define POSTOAK_OAUTH_SERVICE_ACCOUNT_H

#include "config/error.h"

struct service_account {
	char *client_email;
	char *private_key;    /* PEM */
	char *private_key_id; /* null: not said */
};

/*
 * Parse `json`. On success the caller wipes `account`; -1 and `error` (EX_CONFIG,
 * EX_OSERR) otherwise. Its token_uri is not looked at: where to ask is a matter of
 * the configuration, not of a file from elsewhere.
 */
int service_account_parse(struct service_account *account, const char *json, struct error *error);

void service_account_wipe(struct service_account *account);

#endif
