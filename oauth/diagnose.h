/*
 * From what a provider said to what a person can do: tables of advice.
 *
 * Advice is static text of one to three lines, without a newline at the end. It
 * decides nothing: providers renumber and reword their errors as they like.
 */
#ifndef POSTOAK_OAUTH_DIAGNOSE_H
#define POSTOAK_OAUTH_DIAGNOSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Advice for a token request that failed with `error` ("" where the answer had
 * none) and `description` at HTTP `status`. `provider` is the template's name, or
 * null. Null where nothing is known.
 */
const char *diagnose_token(
    const char *provider, const char *error, const char *description, unsigned status);

/*
 * Better advice than diagnose_token's `advice` (or null) on a person's grant that was
 * given `age` seconds ago (0: not known), or `advice` itself.
 */
const char *diagnose_ended(const char *advice, int64_t age);

/*
 * Advice for an SMTP reply in one piece, "535 5.7.3 text", several lines joined, or for a
 * failure without a reply. Null where nothing is known.
 */
const char *diagnose_reply(const char *provider, const char *reply);

/*
 * Copy `advice` to `out` of `size` octets with the words PROFILE and USERNAME replaced
 * by what they stand for (null: left), so that commands can be run as they are.
 */
void diagnose_personal(
    char *out, size_t size, const char *advice, const char *profile, const char *username);

#endif
