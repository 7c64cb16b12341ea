/*
 * Why a relay does not like a token that its server was glad to give: what the token
 * says of itself against what the profile wants. For Exchange Online, which tells no
 * reasons; nothing is said of other providers' tokens, but that they have expired.
 */
#ifndef POSTOAK_OAUTH_TOKEN_DOUBT_H
#define POSTOAK_OAUTH_TOKEN_DOUBT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "oauth/token_claims.h"

#define TOKEN_DOUBT_MAX 512

/*
 * What is clearly wrong with a token of `claims` that came for `profile` at wall time
 * `now` (seconds): true with advice, as diagnose.h has it, in `advice`. No token and
 * nothing that a shell would take for more than a word gets into it.
 */
bool token_doubt(const struct config_profile *profile, const struct token_claims *claims,
    int64_t now, char advice[TOKEN_DOUBT_MAX]);

/*
 * The same once a relay has refused it without a reason: also what is right for some,
 * and what cannot be seen in the token, with the commands that put it in order.
 */
bool token_doubt_refused(const struct config_profile *profile, const struct token_claims *claims,
    int64_t now, char advice[TOKEN_DOUBT_MAX]);

#endif
