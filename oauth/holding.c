/* SPDX-License-Identifier: ISC */
#include "oauth/holding.h"

#include <string.h>
#include <sysexits.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "config/secret.h"
#include "oauth/grant.h"

#define CLOCK_TOLERANCE 60       /* seconds */
#define KEEP_ALIVE (7LL * 86400) /* seconds; the shortest-lived are said to last months */
#define KEEP_ALIVE_SPREAD 43200u /* seconds, earlier by chance */

void
holding_drop(struct holding *holding)
{
	uint64_t generation = holding->stored.generation;

	stored_token_wipe(&holding->stored);
	stored_token_wipe(&holding->next);
	holding->stored.generation = generation;
	secret_free(holding->sent);
	holding->sent = NULL;
	holding->unsaved = false;
}

int
holding_restore(struct holding *holding, const struct store *store,
    const struct config_profile *profile, struct error *error)
{
	char binding[STORED_TOKEN_BINDING_SIZE];
	uint64_t generation = holding->stored.generation;
	int result;

	holding_drop(holding);
	result = stored_token_load(store, profile->name, &holding->stored, error);
	holding->unread = result < 0;
	if (holding->stored.generation < generation)
		holding->stored.generation = generation;
	if (result <= 0)
		return result;
	stored_token_binding(profile, binding);
	if (binding[0] != '\0' && strcmp(binding, holding->stored.binding) == 0)
		return 1;
	holding_drop(holding);
	return 0;
}

void
holding_forget_sent(struct holding *holding)
{
	secret_free(holding->sent);
	holding->sent = NULL;
	holding->sent_origin[0] = '\0';
}

int
holding_choose(
    struct holding *holding, const struct store *store, const char *configured, struct error *error)
{
	const char *chosen = holding->stored.refresh_token;

	holding_forget_sent(holding);
	strlcpy(holding->sent_origin, holding->stored.origin, sizeof(holding->sent_origin));
	if (configured != NULL) {
		if (seal_fingerprint(store_keys(store), configured, holding->sent_origin, error) <
		    0)
			return -1;
		if (chosen == NULL || strcmp(holding->sent_origin, holding->stored.origin) != 0)
			chosen = configured;
	}
	if (chosen == NULL)
		return 0;
	holding->sent = strdup(chosen);
	if (holding->sent == NULL)
		return error_set_errno(error, EX_OSERR, "cannot keep a refresh token");
	return 0;
}

static void
adopt_next(struct holding *holding)
{
	stored_token_wipe(&holding->stored);
	holding->stored = holding->next;
	holding->next = (struct stored_token){0};
	holding->unsaved = false;
}

int
holding_save(
    struct holding *holding, const struct store *store, const char *profile, struct error *error)
{
	if (stored_token_save(store, profile, &holding->next, error) < 0)
		return -1;
	adopt_next(holding);
	return 0;
}

/* Make `next` of an answer; true where it brought another refresh token. */
static bool
prepare_next(
    struct holding *holding, const struct config_profile *profile, struct token_response *response)
{
	struct stored_token *next = &holding->next;
	bool replaced = false;

	stored_token_wipe(next);
	next->generation = holding->stored.generation + 1;
	stored_token_binding(profile, next->binding);
	next->access_token = response->access_token;
	next->scope = response->scope;
	response->access_token = response->scope = NULL;
	/* RFC 6749, section 4.4.3: no refresh token belongs to client credentials. */
	if (grant_uses_refresh_token(profile->grant)) {
		strlcpy(next->origin, holding->sent_origin, sizeof(next->origin));
		replaced = response->refresh_token != NULL;
		next->refresh_token = replaced ? response->refresh_token : holding->sent;
		if (replaced)
			response->refresh_token = NULL;
		else
			holding->sent = NULL;
	}
	secret_free(holding->sent);
	holding->sent = NULL;
	return replaced;
}

int
holding_take(struct holding *holding, const struct store *store,
    const struct config_profile *profile, struct token_response *response, int64_t now,
    uint32_t life, struct error *error)
{
	bool replaced = prepare_next(holding, profile, response);

	holding->next.issued = now;
	holding->next.expires = now + life;
	if (holding_save(holding, store, profile->name, error) == 0)
		return 0;
	holding->unsaved = replaced;
	if (!replaced)
		adopt_next(holding);
	return -1;
}

void
holding_life(const struct holding *holding, int64_t now, struct token_life *life)
{
	const struct stored_token *stored = &holding->stored;
	bool past = stored->issued <= now + CLOCK_TOLERANCE;
	int64_t keep_alive;

	*life = (struct token_life){.keep_alive = TOKEN_NEVER};
	if (stored->expires > stored->issued)
		life->whole = (uint64_t)(stored->expires - stored->issued) * 1000;
	if (stored->access_token != NULL && past && stored->expires > now)
		life->left = (uint64_t)(stored->expires - now) * 1000;
	if (stored->refresh_token == NULL)
		return;
	keep_alive = past ? stored->issued + KEEP_ALIVE - now : 0;
	keep_alive -= arc4random_uniform(KEEP_ALIVE_SPREAD);
	life->keep_alive = keep_alive > 0 ? (uint64_t)keep_alive * 1000 : 0;
}
