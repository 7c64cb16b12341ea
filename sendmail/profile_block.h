/* `postoak profile new`: a profile for postoak.yaml, and what to do for it. */
#ifndef POSTOAK_SENDMAIL_PROFILE_BLOCK_H
#define POSTOAK_SENDMAIL_PROFILE_BLOCK_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"
#include "config/error.h"
#include "config/provider.h"

struct profile_block {
	const char *name; /* of the profile, and of its client */
	const struct provider *provider;
	const char *grant; /* or "password", or "none" */
	bool tenant;       /* the template's endpoints want a tenant_id */
	bool tenant_domain;
	bool host;   /* the template has one */
	bool issuer; /* the template knows where tokens come from */
};

/*
 * Choose what is written for the profile `name` at `provider`, both borrowed, by `grant` (null: the
 * template's first). -1 and `error`: EX_USAGE for a grant that is not among the
 * template's, else as provider_apply_client.
 */
int profile_block_init(struct profile_block *block, const char *name,
    const struct provider *provider, const char *grant, struct error *error);

/* True where the profile has an OAuth client of its own. */
bool profile_block_has_client(const struct profile_block *block);

/*
 * Write the entry for `oauth_clients` or `profiles`, its first line indented by `indent`
 * spaces. It loads as it is; what a person has to put in its place is marked "change:".
 */
void profile_block_client(const struct profile_block *block, FILE *out, unsigned indent);
void profile_block_profile(const struct profile_block *block, FILE *out, unsigned indent);

/* Write the steps before (at the provider) and after it is in the file, numbered, each
 * line after `prefix`. */
void profile_block_prepare(const struct profile_block *block, const char *prefix, FILE *out);
void profile_block_finish(const struct profile_block *block, const char *prefix, FILE *out);

#endif
