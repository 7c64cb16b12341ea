/* The certificates that profiles trust: loaded once, before there is a network. */
#ifndef POSTOAK_DELIVERY_TRUST_H
#define POSTOAK_DELIVERY_TRUST_H

#include <openssl/ssl.h>

#include "config/config.h"

struct trust;

/*
 * One TLS context for every pair of certificate file and minimum version that the
 * configuration's profiles have. A file that cannot be read is remembered and told by
 * trust_find: other profiles are not concerned. `config` must outlive the result. Null
 * where there is no memory.
 */
struct trust *trust_load(const struct config *config);
void trust_free(struct trust *trust);

/* The context for a profile of that configuration; null and *why (the trust's) where its
 * certificates could not be read. */
SSL_CTX *trust_find(
    const struct trust *trust, const struct config_profile *profile, const char **why);

#endif
