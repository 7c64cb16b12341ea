/* SPDX-License-Identifier: ISC */
#include "oauth/secret_users.h"

#include <string.h>

#include "config/fields.h"
#include "config/schema.h"

/* Visit the references of one client or profile: the schema knows where they are. */
static void
visit_fields(const struct schema_field *fields, const void *object, struct secret_use *use,
    secret_use_visitor *visitor, void *context)
{
	for (const struct schema_field *field = fields; field->key != NULL; field++) {
		const struct secret_reference *reference;

		if (field->type != SCHEMA_SECRET)
			continue;
		reference = (const void *)((const char *)object + field->offset);
		if (reference->kind != SECRET_SEALED)
			continue;
		use->secret = reference->value;
		use->key = field->key;
		visitor(use, context);
	}
}

void
secret_users_visit(const struct config *config, secret_use_visitor *visitor, void *context)
{
	for (size_t i = 0; i < config->client_count; i++) {
		const struct config_client *client = &config->clients[i];
		struct secret_use use = {.kind = "client", .owner = client->name};

		visit_fields(client_fields, client, &use, visitor, context);
	}
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];
		struct secret_use use = {.kind = "profile", .owner = profile->name};

		visit_fields(profile_fields, profile, &use, visitor, context);
	}
}

struct search {
	const char *name;
	bool found;
};

static void
compare(const struct secret_use *use, void *context)
{
	struct search *search = context;

	search->found = search->found || strcmp(use->secret, search->name) == 0;
}

bool
secret_users_has(const struct config_profile *profile, const char *name)
{
	struct search search = {.name = name};
	struct secret_use use = {0};

	visit_fields(profile_fields, profile, &use, compare, &search);
	if (profile->client != NULL)
		visit_fields(client_fields, profile->client, &use, compare, &search);
	return search.found;
}
