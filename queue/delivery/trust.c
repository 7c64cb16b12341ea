/* SPDX-License-Identifier: ISC */
#include "queue/delivery/trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "queue/delivery/tls.h"

struct store {
	const char *ca_file; /* the configuration's; null: the system's */
	enum tls_version minimum;
	SSL_CTX *context; /* null: `error` says why */
	struct error error;
};

struct trust {
	size_t count;
	struct store stores[]; /* at most one a profile */
};

static bool
serves(const struct store *store, const struct config_profile *profile)
{
	if (store->minimum != profile->tls_minimum_version)
		return false;
	if (store->ca_file == NULL || profile->tls_ca_file == NULL)
		return store->ca_file == profile->tls_ca_file;
	return strcmp(store->ca_file, profile->tls_ca_file) == 0;
}

static const struct store *
find(const struct trust *trust, const struct config_profile *profile)
{
	for (size_t i = 0; i < trust->count; i++)
		if (serves(&trust->stores[i], profile))
			return &trust->stores[i];
	return NULL;
}

struct trust *
trust_load(const struct config *config)
{
	struct trust *trust =
	    calloc(1, sizeof(*trust) + config->profile_count * sizeof(trust->stores[0]));

	if (trust == NULL)
		return NULL;
	for (size_t i = 0; i < config->profile_count; i++) {
		const struct config_profile *profile = &config->profiles[i];
		struct store *store = &trust->stores[trust->count];

		if (profile->tls == TLS_NONE || find(trust, profile) != NULL)
			continue;
		store->ca_file = profile->tls_ca_file;
		store->minimum = profile->tls_minimum_version;
		store->context = tls_context(store->ca_file, store->minimum, &store->error);
		trust->count++;
	}
	return trust;
}

void
trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	for (size_t i = 0; i < trust->count; i++)
		SSL_CTX_free(trust->stores[i].context);
	free(trust);
}

SSL_CTX *
trust_find(const struct trust *trust, const struct config_profile *profile, const char **why)
{
	const struct store *store = find(trust, profile);

	if (store == NULL || store->context == NULL) {
		*why = store != NULL ? store->error.text : "no certificates loaded";
		return NULL;
	}
	return store->context;
}
