/* Who refers to sealed secrets: clients and profiles of the configuration. */
#ifndef POSTOAK_OAUTH_SECRET_USERS_H
#define POSTOAK_OAUTH_SECRET_USERS_H

#include <stdbool.h>

#include "config/config.h"

struct secret_use {
	const char *secret; /* name of the sealed secret */
	const char *kind;   /* "client" or "profile" */
	const char *owner;  /* its name */
	const char *key;    /* of the configuration: "client_secret" */
};

typedef void secret_use_visitor(const struct secret_use *use, void *context);

/* Visit all references to sealed secrets, in the configuration's order. */
void secret_users_visit(const struct config *config, secret_use_visitor *visitor, void *context);

/* True where the profile, or its client, refers to the sealed secret `name`. */
bool secret_users_has(const struct config_profile *profile, const char *name);

#endif
